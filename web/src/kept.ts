// What this browser keeps: settings, drafts and what is still to be sent.

import { signal, type Signal } from "@preact/signals";

const PREFIX = "parley.";

export function load<T>(name: string, otherwise: T): T {
  try {
    const text = localStorage.getItem(PREFIX + name);
    return text === null ? otherwise : (JSON.parse(text) as T);
  } catch {
    return otherwise;
  }
}

export function save(name: string, value: unknown): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    // A full or forbidden store: the page works on, and forgets when it is closed.
  }
}

/** A signal whose value outlives the page. */
export function kept<T>(name: string, otherwise: T): Signal<T> {
  const value = signal(load(name, otherwise));
  value.subscribe((now) => save(name, now));
  return value;
}
