// The opened conversation: as it was read, with every event since.

import { batch, computed, signal } from "@preact/signals";
import { get, LineError } from "./api";
import { me } from "./desk";
import { after, markUnread } from "./lists";
import { announce } from "./notices";
import { letters, type Letter } from "./outbox";
import { openId } from "./places";
import type { Happening, Mail, Message, Note, Row, Whole } from "./shapes";
import type { Typing } from "./stream";
import { say } from "./words";

const REMEMBERED = 300; // events, in case a conversation is being read while they come
const EARLIER = 100;
const CLOCKS_APART_MS = 2_000; // of this machine and the server

export const talk = signal<Whole | null>(null);
export const talkFailed = signal<unknown>(null);
export const hasEarlier = computed(() => talk.value !== null && talk.value.messages.length < talk.value.totalMessagesCount && !isWhole.value);
export const typists = signal<Typing[]>([]);

const isWhole = signal(false);
let recent: Happening[] = [];
let asked = 0;

/** Open a conversation, or read it again. */
export async function open(id: number | null, again = false): Promise<void> {
  if (!again && id === talk.value?.id) return;
  const mine = ++asked;
  if (id !== talk.value?.id) batch(() => ((talk.value = null), (talkFailed.value = null), (isWhole.value = false)));
  if (id === null) return;
  try {
    const read = await get<Whole>(`/agents/conversations/${id}`);
    if (mine !== asked) return;
    talkFailed.value = null;
    talk.value = recent.filter((each) => each.conversationId === id && each.seq > read.seq).reduce(grown, read);
    markUnread(id, false);
  } catch (error) {
    if (mine === asked && !(error instanceof LineError && talk.value !== null)) talkFailed.value = error;
  }
}

export async function loadEarlier(): Promise<void> {
  const at = talk.value;
  const first = at?.messages.reduce((least, each) => Math.min(least, each.id), Number.MAX_SAFE_INTEGER);
  if (!at || first === undefined) return;
  const older = await get<Message[]>(`/agents/conversations/${at.id}/messages?before=${first}&take=${EARLIER}`);
  if (talk.value?.id !== at.id) return;
  isWhole.value = older.length < EARLIER;
  talk.value = { ...talk.value, messages: merged(talk.value.messages, older) };
}

/** What an event means for the opened conversation. */
export function hear(event: Happening): void {
  recent = [...recent.slice(1 - REMEMBERED), event];
  if (talk.value === null || event.conversationId !== talk.value.id || event.seq <= talk.value.seq) return;
  const before = talk.value;
  talk.value = grown(before, event);
  if (event.type === "conversation_message_added") {
    typists.value = typists.value.filter((each) => each.userId !== event.message.author.id);
    if (event.message.author.id !== me.value?.id) announceMessage(event.message);
  }
}

/** Somebody is typing, for as long as the frame says. */
export function hearTyping(frame: Typing): void {
  if (frame.userId === me.value?.id) return;
  typists.value = [...typists.value.filter((each) => each.userId !== frame.userId), frame];
  setTimeout(() => {
    typists.value = typists.value.filter((each) => each !== frame);
  }, frame.expiresInSeconds * 1000);
}

/** What the server took of ours, in case its event comes later. */
export function put(id: number, isNote: boolean, written: Message | Note): void {
  if (talk.value?.id !== id) return;
  talk.value = isNote
    ? { ...talk.value, notes: merged(talk.value.notes, [written as Note]) }
    : { ...talk.value, messages: merged(talk.value.messages, [written as Message]) };
}

/** What changed by our own doing, in case its event comes later. */
export function change(row: Row): void {
  const at = talk.value;
  if (at?.id === row.id && row.epoch >= at.epoch) talk.value = { ...at, ...row };
}

/** Of what is still to be sent, that of a conversation which the thread does not have yet. */
export function pending(id: number): Letter[] {
  return letters.value.filter((each) => each.conversationId === id && (each.refusal !== null || !isThere(each)));
}

/** Whether its event was quicker than its answer. */
function isThere(letter: Letter): boolean {
  const written = (letter.isNote ? talk.value?.notes : talk.value?.messages) ?? [];
  const found = written.findLast((each) => each.author.id === me.value?.id && each.message === letter.text);
  return found !== undefined && Date.parse(found.creationTime) >= Date.parse(letter.at) - CLOCKS_APART_MS;
}

function grown(whole: Whole, event: Happening): Whole {
  const row = after(whole, event) as Whole;
  const base = { ...whole, ...row, seq: Math.max(whole.seq, event.seq), events: [...whole.events, event] };
  switch (event.type) {
    case "conversation_message_added":
      return { ...base, messages: merged(whole.messages, [event.message]) };
    case "conversation_history_imported":
      return { ...base, messages: merged(whole.messages, event.messages) };
    case "conversation_note_added":
      return { ...base, notes: merged(whole.notes, [event.note]) };
    case "conversation_takeover_state_changed":
      return { ...base, handover: event.handover ?? whole.handover };
    case "conversation_latest_url_changed":
      return { ...base, latestPageUrl: event.url };
    case "mail_sent":
      return { ...base, mail: settled(whole.mail, { messageId: event.messageId, state: "sent", reason: null }) };
    case "mail_failed":
      return { ...base, mail: settled(whole.mail, { messageId: event.messageId, state: "failed", reason: event.reason }) };
    case "conversation_details_changed":
      return { ...base, fields: event.fields };
    default:
      return base;
  }
}

function settled(mails: Mail[], mail: Mail): Mail[] {
  return [...mails.filter((each) => each.messageId !== mail.messageId), mail];
}

function merged<T extends { id: number; creationTime: string }>(some: T[], more: T[]): T[] {
  const all = new Map([...some, ...more].map((each) => [each.id, each]));
  return [...all.values()].sort((a, b) =>
    a.creationTime === b.creationTime ? a.id - b.id : a.creationTime < b.creationTime ? -1 : 1,
  );
}

function announceMessage(message: Message): void {
  const name = message.author.name ?? say("client");
  const text = message.message.slice(0, 200);
  announce("message", (count) => (count === 1 ? say("announce.message", { name, text }) : say("announce.messages", { count })));
}

/** Whether this conversation is the one on the screen. */
export function isOpen(id: number): boolean {
  return openId.value === id;
}
