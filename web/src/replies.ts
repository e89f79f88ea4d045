// Saved replies: texts that are often needed, found by their shortcut.

import { signal } from "@preact/signals";
import { get, RefusedError } from "./api";
import type { SavedReply } from "./shapes";

export type { SavedReply };

export const savedReplies = signal<SavedReply[]>([]);

/** Whether the server has saved replies. */
export const hasReplies = signal(false);

export async function loadReplies(): Promise<void> {
  try {
    savedReplies.value = await get<SavedReply[]>("/agents/saved-replies");
    hasReplies.value = true;
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
  }
}

/** Those that fit what stands behind the slash: by shortcut first, then by their words. */
export function fitting(text: string): SavedReply[] {
  const words = text.toLowerCase();
  const starts = savedReplies.value.filter((each) => each.shortcut.toLowerCase().startsWith(words));
  const holds = savedReplies.value.filter((each) => !starts.includes(each) && each.text.toLowerCase().includes(words));
  return [...starts, ...holds].slice(0, 8);
}
