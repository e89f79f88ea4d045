// Which conversations of the list are selected, and which one is at hand there. Only what can be seen is selected: another
// view or search ends it, and so does leaving the list, for each by itself.

import { computed, effect, signal } from "@preact/signals";
import { me } from "./desk";
import { gone, query, rows } from "./lists";
import { place } from "./places";
import type { Row } from "./shapes";

type Chosen = ReadonlyMap<number, Row>;

const NONE: Chosen = new Map();

/** Whether a press on a row selects it, as on a screen without keys. */
export const isChoosing = signal(false);

/** The conversation at hand: had the focus last, or is open. When it has left, whoever stands at its place is. */
export const hand = signal({ id: 0, at: 0 });

export const hasHand = computed(() => hand.value.id !== 0);

export const handAt = computed(() => {
  const at = rows.value.findIndex((each) => each.id === hand.value.id);
  return at >= 0 ? at : Math.max(0, Math.min(hand.value.at, rows.value.length - 1));
});

/** Each as it was when it was selected: whoever has taken it since is not to lose it to what is done now. */
const chosen = signal(NONE);
const onePane = matchMedia("(max-width: 899px)"); // as in style.css: the list makes room for the thread
const isOnePane = signal(onePane.matches);
onePane.addEventListener("change", (event) => (isOnePane.value = event.matches));
export const isListSeen = computed(() => place.value.page === "inbox" && !(isOnePane.value && place.value.id !== null));

/** What is selected, as it was then, in the order of the list. Behind an opened thread nothing is: nobody would see what is done to it. */
export const selected = computed<Row[]>(() => (isListSeen.value ? rows.value.flatMap(asSelected) : []));
export const selectedIds = computed<ReadonlySet<number>>(() => new Set(selected.value.map((each) => each.id)));
export const selectedCount = computed(() => selected.value.length);

/** The extension that is under way: it may shrink again, down to what was selected before it. */
let stretch: { from: number; to: number; before: Chosen } | null = null;

/** Have at hand what stands at this place. */
export function reach(at: number): void {
  const row = rows.value[at];
  if (row !== undefined && (row.id !== hand.value.id || at !== hand.value.at)) hand.value = { id: row.id, at };
}

/** Nobody else loses what one has oneself by now: that is taken as it is. */
function asSelected(row: Row): Row[] {
  const then = chosen.value.get(row.id);
  if (then === undefined) return [];
  return [row.holder === "teammate" && row.assignee?.id === me.value?.id ? row : then];
}

/** Select the conversation at hand, or no longer. */
export function toggle(): void {
  const row = rows.value[handAt.value];
  if (row === undefined || gone.value.has(row.id)) return;
  const changed = new Map(chosen.value);
  if (!changed.delete(row.id)) changed.set(row.id, row);
  stretch = null;
  chosen.value = changed;
}

/** Select from the conversation at hand to another place, which is at hand then. */
export function extendTo(at: number): void {
  const from = rows.value[handAt.value];
  const to = rows.value[Math.max(0, Math.min(at, rows.value.length - 1))];
  if (from === undefined || to === undefined) return;
  if (stretch?.to !== from.id || !isListed(stretch.from)) stretch = { from: from.id, to: from.id, before: chosen.value };
  stretch.to = to.id;
  chosen.value = new Map([...stretch.before, ...asChosen(between(stretch.from, to.id))]);
  reach(rows.value.indexOf(to));
}

export function selectAll(): void {
  stretch = null;
  chosen.value = asChosen(staying());
}

/** Give up the selection that is seen. Whether there was one. */
export function giveUp(): boolean {
  const was = selectedCount.value > 0 || isChoosing.value;
  if (was) clear();
  return was;
}

/** Take one out, because it is done. */
export function unselect(id: number): void {
  keepOnly((each) => each !== id);
}

/** Take one as it is by now, because it was refused as it was: whoever tries again has been told. */
export function renew(id: number): void {
  const row = rows.value.find((each) => each.id === id);
  if (row === undefined || !chosen.value.has(id)) return;
  stretch = null;
  chosen.value = new Map(chosen.value).set(id, row);
}

function clear(): void {
  stretch = null;
  chosen.value = NONE;
  isChoosing.value = false;
}

function isListed(id: number): boolean {
  return rows.value.some((each) => each.id === id);
}

function between(from: number, to: number): Row[] {
  const ids = rows.value.map((each) => each.id);
  const ends = [ids.indexOf(from), ids.indexOf(to)].sort((a, b) => a - b);
  return rows.value.slice(ends[0], (ends[1] ?? 0) + 1).filter((each) => !gone.value.has(each.id));
}

/** Those that are selected already stay as they were then. */
function asChosen(some: Row[]): Chosen {
  return new Map(some.map((each) => [each.id, chosen.value.get(each.id) ?? each]));
}

/** The rows that are not only held in their places until somebody leaves the list. */
function staying(): Row[] {
  return rows.value.filter((each) => !gone.value.has(each.id));
}

/** Whoever leaves ends the extension that is under way: it would bring them back. */
function keepOnly(stays: (id: number) => boolean): void {
  const kept = [...chosen.peek()].filter(([id]) => stays(id));
  if (kept.length === chosen.peek().size) return;
  stretch = null;
  chosen.value = new Map(kept);
}

/** Whoever leaves the list by what happens elsewhere leaves the selection. */
effect(() => {
  const there = new Set(staying().map((each) => each.id));
  keepOnly((id) => there.has(id));
});

const where = computed(() => [me.value?.id, place.value.page, place.value.view, place.value.category, query.value].join("/"));

effect(() => {
  void where.value;
  clear();
  hand.value = { id: 0, at: 0 };
});
