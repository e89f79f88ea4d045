// The list of conversations: pages by cursor, kept up by the stream. While the pointer or the focus is in it, rows keep
// their places: what is new waits behind a button, what has gone stays until it is left.

import { batch, computed, signal } from "@preact/signals";
import { get, LineError, RefusedError } from "./api";
import { directory, loadViews, me } from "./desk";
import { place } from "./places";
import type { Happening, Row, RowPage, ViewId } from "./shapes";

const TAKE = 50;
const APART_MS = 700; // between two questions about what is new

export const rows = signal<Row[]>([]);
export const fresh = signal<Row[]>([]);
export const gone = signal<ReadonlySet<number>>(new Set());
export const unread = signal<ReadonlySet<number>>(new Set());
export const query = signal("");
export const isLoading = signal(false);
export const failed = signal<unknown>(null);
export const hasMore = computed(() => next.value !== null);

const next = signal<string | null>(null);
let isHeld = false;
let isSettling = false;
let asked = 0;
let loaded = "";
let timer: ReturnType<typeof setTimeout> | null = null;
let lastAt = 0;

/** Load the list of where one is, unless it is the one that is there. */
export async function loadList(again = false): Promise<void> {
  const key = address(null);
  if (key === loaded && !again) return;
  const mine = ++asked;
  if (key !== loaded) batch(() => ((rows.value = []), (fresh.value = []), (gone.value = new Set()), (next.value = null)));
  loaded = key;
  isLoading.value = true;
  try {
    const page = await get<RowPage>(key);
    if (mine !== asked) return;
    batch(() => {
      rows.value = page.items;
      next.value = page.nextCursor;
      fresh.value = [];
      gone.value = new Set();
      failed.value = null;
    });
  } catch (error) {
    if (mine === asked) failed.value = error;
    if (mine === asked) loaded = "";
  } finally {
    if (mine === asked) isLoading.value = false;
  }
}

/** The next page, when there is one. */
export async function loadMore(): Promise<void> {
  if (next.value === null || isLoading.value) return;
  const mine = asked;
  isLoading.value = true;
  try {
    const page = await get<RowPage>(address(next.value));
    if (mine !== asked) return;
    const known = new Set(rows.value.map((each) => each.id));
    rows.value = [...rows.value, ...page.items.filter((each) => !known.has(each.id))];
    next.value = page.nextCursor;
  } catch (error) {
    if (!(error instanceof LineError) && !(error instanceof RefusedError)) throw error;
  } finally {
    if (mine === asked) isLoading.value = false;
  }
}

/** Whether the pointer or the focus is in the list. */
export function hold(held: boolean): void {
  if (isHeld === held) return;
  isHeld = held;
  if (!held) settle();
}

/** Bring in what is new and take out what has gone. */
export function settle(): void {
  if (fresh.value.length === 0 && gone.value.size === 0) return;
  batch(() => {
    const stay = rows.value.filter((each) => !gone.value.has(each.id));
    rows.value = inOrder([...fresh.value, ...stay]);
    fresh.value = [];
    gone.value = new Set();
  });
}

/** Ask soon, and settle then even under the pointer: what has gone was sent away from here. */
export function settleNext(): void {
  isSettling = true;
  soon();
}

/** What an event means for the list: rows change at once, and what is where is asked for soon. */
export function hear(event: Happening): void {
  const id = event.conversationId;
  if (id === null) return;
  const at = rows.value.findIndex((each) => each.id === id);
  const row = rows.value[at];
  if (row !== undefined) {
    const changed = after(row, event);
    if (changed !== row) rows.value = rows.value.with(at, changed);
  }
  if (event.type === "conversation_message_added" && event.message.author.status === "client")
    if (place.value.id !== id || document.hidden) markUnread(id, true);
  soon();
}

export function markUnread(id: number, isUnread: boolean): void {
  if (unread.value.has(id) === isUnread) return;
  const changed = new Set(unread.value);
  if (isUnread) changed.add(id);
  else changed.delete(id);
  unread.value = changed;
}

/** Ask soon what is new, not more often than now and then. */
export function soon(): void {
  if (timer !== null) return;
  timer = setTimeout(
    () => {
      timer = null;
      lastAt = Date.now();
      void refresh();
    },
    Math.max(30, lastAt + APART_MS - Date.now()),
  );
}

/** A row as an event leaves it. */
export function after(row: Row, event: Happening): Row {
  const at = { epoch: event.epoch ?? row.epoch, lastModifiedTime: event.time };
  switch (event.type) {
    case "conversation_message_added": {
      const { author, message, creationTime } = event.message;
      const isByTeam = author.status === "team";
      const last = {
        text: message.slice(0, 200),
        authorId: author.id,
        authorName: author.name,
        isByTeam,
        isByBot: author.isBot,
        creationTime,
      };
      return { ...row, ...at, lastMessage: last, totalMessagesCount: event.totalMessagesCount };
    }
    case "conversation_takeover_state_changed":
      if (event.isAssignedToBot) return { ...row, ...at, holder: "bot", assignee: null, waitingSince: null };
      return held(row, event.assigneeId, event.time, at);
    case "conversation_assigned":
      return held(row, event.assigneeId, event.time, at);
    case "conversation_released":
      return held(row, null, event.time, at);
    case "conversation_closed":
      return { ...row, ...at, holder: "nobody", isClosed: true, closedTime: event.time, waitingSince: null };
    case "conversation_feedback_given":
      return { ...row, ...at, feedback: event.feedback };
    case "conversation_details_changed":
      return { ...row, ...at, title: event.title, categoryId: event.categoryId };
    default:
      return row;
  }
}

function held(row: Row, assigneeId: string | null, time: string, at: Partial<Row>): Row {
  if (assigneeId === null)
    return { ...row, ...at, holder: "queue", assignee: null, waitingSince: row.waitingSince ?? time };
  return { ...row, ...at, holder: "teammate", assignee: { id: assigneeId, name: nameOf(assigneeId) }, waitingSince: null };
}

function nameOf(teammateId: string): string | null {
  return directory.value?.teammates.find((each) => each.id === teammateId)?.name ?? null;
}

async function refresh(): Promise<void> {
  const mine = asked;
  const key = address(null);
  const settles = isSettling;
  isSettling = false;
  try {
    const [page] = await Promise.all([get<RowPage>(key), loadViews()]);
    if (mine === asked && key === loaded) take(page, settles || !isHeld);
  } catch (error) {
    if (!(error instanceof LineError) && !(error instanceof RefusedError)) throw error;
  }
}

function take(page: RowPage, settles: boolean): void {
  const head = new Map(page.items.map((each) => [each.id, each]));
  const known = new Set(rows.value.map((each) => each.id));
  const left = rows.value.filter((each) => !head.has(each.id) && leaves(each, page));
  batch(() => {
    rows.value = rows.value.map((each) => head.get(each.id) ?? each);
    fresh.value = page.items.filter((each) => !known.has(each.id));
    gone.value = new Set(left.map((each) => each.id));
    if (rows.value.length === 0) next.value = page.nextCursor;
    if (settles) {
      const stay = rows.value.filter((each) => !head.has(each.id) && !gone.value.has(each.id));
      rows.value = [...page.items, ...stay];
      fresh.value = [];
      gone.value = new Set();
    }
  });
}

/** Whether a row that the first page has no more is in this list no more; past the first page it may be. */
function leaves(row: Row, page: RowPage): boolean {
  if (page.nextCursor === null) return true;
  return !belongs(row, place.value.view);
}

function belongs(row: Row, view: ViewId): boolean {
  switch (view) {
    case "waiting":
      return row.holder === "queue";
    case "mine":
      return row.holder === "teammate" && row.assignee?.id === me.value?.id;
    case "bot":
      return row.holder === "bot";
    case "open":
      return !row.isClosed;
    case "closed_today":
      return row.isClosed;
  }
}

function inOrder(all: Row[]): Row[] {
  const key = (row: Row) => (place.value.view === "waiting" ? (row.waitingSince ?? "~") : "");
  if (place.value.view === "waiting" && query.value === "")
    return all.toSorted((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : a.id - b.id));
  return all.toSorted((a, b) => (a.lastModifiedTime < b.lastModifiedTime ? 1 : -1));
}

function address(cursor: string | null): string {
  const asking = new URLSearchParams({ take: String(TAKE) });
  const words = query.value.trim();
  if (words !== "") asking.set("q", words);
  else asking.set("view", place.value.view);
  if (place.value.category !== null) asking.set("categoryId", String(place.value.category));
  if (cursor !== null) asking.set("cursor", cursor);
  return `/agents/conversations?${asking}`;
}
