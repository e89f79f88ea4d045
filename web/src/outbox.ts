// What is still to be sent. It is kept in this browser until the server has answered, each with a key under which the
// server does it once: whatever is cut, nothing typed is lost and nothing is sent twice.

import { computed, signal } from "@preact/signals";
import { ask, newKey, RefusedError } from "./api";
import { me, session, words } from "./desk";
import { load, save } from "./kept";
import { waitBefore, waitOrWake } from "./reconnect";
import type { Message, Note } from "./shapes";

const GOOD_FOR_MS = 20 * 3600 * 1000; // the server knows a key for at least 24 h: later, a person decides

export interface Letter {
  key: string;
  conversationId: number;
  isNote: boolean;
  text: string;
  /** Take it over first: the writer did not have it. */
  takes: boolean;
  closes: boolean;
  at: string;
  /** Why the server refused it; null while it is on its way. */
  refusal: string | null;
}

export const letters = signal<Letter[]>([]);
export const waitingCount = computed(() => letters.value.filter((each) => each.refusal === null).length);

type Sent = (letter: Letter, written: Message | Note) => void;

let sent: Sent = () => undefined;
let isSending = false;
let wake = new AbortController();

/** Take up what was left from before. `told` hears of each that the server took. */
export function openOutbox(told: Sent): void {
  sent = told;
  const late = Date.now() - GOOD_FOR_MS;
  letters.value = load<Letter[]>(name(), []).map((each) =>
    Date.parse(each.at) < late && each.refusal === null ? { ...each, refusal: "" } : each,
  );
  void deliver();
}

export function post(letter: Omit<Letter, "key" | "at" | "refusal">): void {
  keep([...letters.value, { ...letter, key: newKey(), at: new Date().toISOString(), refusal: null }]);
  void deliver();
}

/** Send a refused one again, as a new one: the server keeps a refusal under the old key. */
export function postAgain(key: string): void {
  const again = { key: newKey(), at: new Date().toISOString(), refusal: null };
  keep(letters.value.map((each) => (each.key === key ? { ...each, ...again } : each)));
  void deliver();
}

export function discard(key: string): void {
  keep(letters.value.filter((each) => each.key !== key));
}

async function deliver(): Promise<void> {
  if (isSending) {
    wake.abort();
    return;
  }
  isSending = true;
  let tries = 0;
  try {
    for (;;) {
      const letter = letters.value.find((each) => each.refusal === null);
      if (letter === undefined || !session.value) return;
      try {
        await send(letter);
        tries = 0;
      } catch (error) {
        if (error instanceof RefusedError && error.status === 401) return;
        if (error instanceof RefusedError && !error.isPassing) {
          keep(letters.value.map((each) => (each.key === letter.key ? { ...each, refusal: words(error) } : each)));
        } else {
          // The line, a busy server, or a page that is being left: whatever it is, the key makes another try safe.
          const after = error instanceof RefusedError ? (error.retryAfter ?? 0) * 1000 : 0;
          wake = new AbortController();
          await waitOrWake(Math.max(after, waitBefore(tries)), wake.signal);
          tries += 1;
        }
      }
    }
  } finally {
    isSending = false;
  }
}

async function send(letter: Letter): Promise<void> {
  const path = `/agents/conversations/${letter.conversationId}`;
  if (letter.takes) await ask("POST", `${path}/take`, { key: `${letter.key}-take` });
  const what = letter.isNote ? "notes" : "replies";
  const written = await ask<Message | Note>("POST", `${path}/${what}`, {
    body: { message: letter.text },
    key: letter.key,
  });
  if (letter.closes) await ask("POST", `${path}/close`, { key: `${letter.key}-close` });
  sent(letter, written);
  discard(letter.key);
}

function keep(all: Letter[]): void {
  letters.value = all;
  save(name(), all.length === 0 ? null : all);
}

function name(): string {
  return `outbox.${session.value?.community.id ?? 0}.${me.value?.id ?? ""}`;
}
