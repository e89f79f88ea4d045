// Short notices that go away by themselves, and what screen readers are told: one announcement in two seconds at most.

import { signal } from "@preact/signals";

const SHOWN_MS = 6_000;
const APART_MS = 2_000;

export interface Notice {
  id: number;
  text: string;
  isError: boolean;
}

export const notices = signal<Notice[]>([]);
export const announced = signal("");

let count = 0;

export function tell(text: string, isError = false): void {
  count += 1;
  const id = count;
  notices.value = [...notices.value.slice(-2), { id, text, isError }];
  setTimeout(() => dismiss(id), isError ? SHOWN_MS * 2 : SHOWN_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

let waiting: string[] = [];
let isResting = false;

/** Announce politely. What comes too fast is joined, by `join` when there is more than one. */
export function announce(text: string, join: (count: number) => string): void {
  waiting.push(text);
  if (isResting) return;
  isResting = true;
  speakOut(join);
}

function speakOut(join: (count: number) => string): void {
  if (waiting.length === 0) {
    isResting = false;
    return;
  }
  announced.value = waiting.length === 1 ? (waiting[0] ?? "") : join(waiting.length);
  waiting = [];
  setTimeout(() => speakOut(join), APART_MS);
}
