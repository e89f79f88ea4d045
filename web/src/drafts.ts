// What is being written: kept in this browser at once, and on the server a moment after the last key.

import { ask, LineError, RefusedError } from "./api";
import { me } from "./desk";
import { load, save } from "./kept";

const QUIET_MS = 1_500;

export interface Draft {
  text: string;
  isNote: boolean;
}

const timers = new Map<number, ReturnType<typeof setTimeout>>();

export function draftOf(id: number): Draft | null {
  return load<Draft | null>(name(id), null);
}

export function keepDraft(id: number, draft: Draft): void {
  const isEmpty = draft.text === "";
  save(name(id), isEmpty ? null : draft);
  clearTimeout(timers.get(id));
  timers.set(id, setTimeout(() => void put(id, draft), isEmpty ? 0 : QUIET_MS));
}

/** When it fails, the draft is still kept here. */
async function put(id: number, draft: Draft): Promise<void> {
  try {
    await ask("PUT", `/agents/conversations/${id}/draft`, {
      body: { text: draft.text === "" ? null : draft.text, isNote: draft.isNote },
    });
  } catch (error) {
    if (!(error instanceof LineError || error instanceof RefusedError)) throw error;
  }
}

function name(id: number): string {
  return `draft.${me.value?.id ?? ""}.${id}`;
}
