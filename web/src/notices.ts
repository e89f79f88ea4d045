// Short notices that go away by themselves, and what screen readers are told: one announcement in two seconds at most.

import { signal } from "@preact/signals";

const SHOWN_MS = 6_000;
const READ_MS = 50; // for each character, which is slow reading
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
  setTimeout(() => dismiss(id), (isError ? SHOWN_MS * 2 : SHOWN_MS) + text.length * READ_MS);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((each) => each.id !== id);
}

/** Nobody is signed in any more: what names clients is not to be read by whoever comes next. */
export function dismissAll(): void {
  notices.value = [];
  announced.value = "";
  waiting.clear();
}

type Told = (count: number) => string;

/** What waits to be said, by its kind, and how often that came. */
const waiting = new Map<string, { count: number; told: Told }>();
let isResting = false;

/** Announce politely. What comes too fast is joined: `told` hears how much of its kind there is when it is said. */
export function announce(kind: string, told: Told): void {
  waiting.set(kind, { told, count: (waiting.get(kind)?.count ?? 0) + 1 });
  if (!isResting) speakOut();
}

function speakOut(): void {
  isResting = waiting.size > 0;
  if (!isResting) return;
  announced.value = [...waiting.values()].map((each) => each.told(each.count)).join(" ");
  waiting.clear();
  setTimeout(speakOut, APART_MS);
}
