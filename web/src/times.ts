// Times in words.

import { signal } from "@preact/signals";
import { locale, say } from "./words";

/** The time now, moved on every few seconds; ages follow it. */
export const now = signal(Date.now());

const TICK_MS = 10_000;

const FORMS = {
  clock: { hour: "2-digit", minute: "2-digit" },
  date: { day: "numeric", month: "short" },
  day: { weekday: "long", day: "numeric", month: "long" },
  whole: { dateStyle: "long", timeStyle: "short" },
} satisfies Record<string, Intl.DateTimeFormatOptions>;

// Making one takes a hundred times as long as using it, and every row and every message uses two.
const made = new Map<string, Intl.DateTimeFormat>();

export function tick(): void {
  setInterval(() => {
    now.value = Date.now();
  }, TICK_MS);
}

export function minutesSince(time: string): number {
  return Math.max(0, Math.floor((now.value - Date.parse(time)) / 60_000));
}

/** How long ago, in two or three characters: 5 min, 3 h, 12 Mar. */
export function age(time: string): string {
  const minutes = minutesSince(time);
  if (minutes < 1) return say("age.now");
  if (minutes < 60) return say("age.minutes", { count: minutes });
  if (minutes < 24 * 60) return say("age.hours", { count: Math.floor(minutes / 60) });
  return written(time, "date");
}

export function clock(time: string): string {
  return written(time, "clock");
}

export function whole(time: string): string {
  return written(time, "whole");
}

export function dayOf(time: string): string {
  return new Date(time).toDateString();
}

export function day(time: string): string {
  const today = new Date(now.value);
  const yesterday = new Date(now.value - 24 * 3600 * 1000);
  if (dayOf(time) === today.toDateString()) return say("day.today");
  if (dayOf(time) === yesterday.toDateString()) return say("day.yesterday");
  return written(time, "day");
}

/** So many seconds in words: 40 s, 6 min, 2 h. Rounded first, so that nothing lasts 60 s or 60 min. */
export function span(seconds: number | null | undefined): string {
  if (seconds === null || seconds === undefined) return "–";
  const count = Math.round(seconds);
  if (count < 60) return say("span.seconds", { count });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return say("span.minutes", { count: minutes });
  const hours = new Intl.NumberFormat(locale(), { maximumFractionDigits: 1 }).format(seconds / 3600);
  return say("span.hours", { count: hours });
}

function written(time: string, form: keyof typeof FORMS): string {
  const name = `${locale()} ${form}`;
  const format = made.get(name) ?? new Intl.DateTimeFormat(locale(), FORMS[form]);
  made.set(name, format);
  return format.format(new Date(time));
}
