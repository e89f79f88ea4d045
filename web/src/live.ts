// What the stream says, handed to whoever has to know.

import { signal } from "@preact/signals";
import { findSession, loadDirectory, loadViews } from "./desk";
import * as lists from "./lists";
import { follow, type Typing } from "./stream";
import * as talks from "./talk";
import type { Happening } from "./shapes";
import { openId } from "./places";

/** Counts events, for pages that read again when something has happened. */
export const heardCount = signal(0);

const OF_THE_TEAM = /^(teammate_|category_|field_|bot_)/;
const APART_MS = 1_000;

let stop: AbortController | null = null;
let isDirectoryDue = false;

export function listen(): void {
  stop?.abort();
  stop = new AbortController();
  const listener = { heard, typing: (frame: Typing) => talks.hearTyping(frame), opened };
  void follow(listener, stop.signal);
}

export function hush(): void {
  stop?.abort();
  stop = null;
}

function heard(event: Happening): void {
  talks.hear(event);
  lists.hear(event);
  heardCount.value += 1;
  if (OF_THE_TEAM.test(event.type) || event.type === "conversation_assigned") refreshDirectory();
}

/** After a cut, everything that is on the screen is read again. */
function opened(again: boolean): void {
  if (!again) return;
  lists.soon();
  void talks.open(openId.value, true);
  refreshDirectory();
}

function refreshDirectory(): void {
  if (isDirectoryDue) return;
  isDirectoryDue = true;
  setTimeout(() => {
    isDirectoryDue = false;
    void loadDirectory().catch(() => undefined);
  }, APART_MS);
}

export { findSession, loadViews };
