// One thing done to several conversations: each is a call of its own, a few at a time, and one that fails stops no other.

import { computed, effect, signal } from "@preact/signals";
import { ask, RefusedError } from "./api";
import { clientName, me, teammateName, words } from "./desk";
import { settleNext } from "./lists";
import { announce, tell } from "./notices";
import { giveUp, renew, selectedCount, unselect } from "./selection";
import type { Row } from "./shapes";
import { change } from "./talk";
import { listed, say, type Word } from "./words";

const AT_ONCE = 4; // calls: more would keep the server from whoever works beside us
const CHANGED = 409; // by somebody else, who may have it by now
const NAMED = 8; // of those that failed for one reason: the others are seen in the list, where they are still selected

export interface Deed {
  /** How it goes on: Closing 12 of 40. */
  doing: Word;
  /** What has been done: 39 conversations are closed. */
  done(count: number): string;
  /** Whether there is something to do. */
  fits(row: Row): boolean;
  to(row: Row): Promise<Row>;
}

export interface Work {
  deed: Deed;
  done: number;
  count: number;
}

/** What is being done; one thing at a time. */
export const work = signal<Work | null>(null);
export const progress = computed(() => {
  if (work.value === null) return "";
  const { deed, done, count } = work.value;
  return say(deed.doing, { done, count });
});

export const isRunning = (row: Row) => !row.isClosed;
const isWithTeammate = (row: Row) => isRunning(row) && row.holder === "teammate";

export const CLOSE: Deed = {
  doing: "several.closing",
  done: (count) => say("several.closed", { count }),
  fits: isRunning,
  to: (row) => act(row, "close"),
};

export const RELEASE: Deed = {
  doing: "several.releasing",
  done: (count) => say("several.released", { count }),
  fits: isWithTeammate,
  to: (row) => act(row, "release"),
};

export const GIVE_TO_BOT: Deed = {
  doing: "several.givingToBot",
  done: (count) => say("several.givenToBot", { count }),
  fits: (row) => isRunning(row) && row.holder !== "bot",
  to: (row) => act(row, "bot"),
};

/** To oneself it is taken, as one is: only from a colleague it is assigned, because that is meant. */
export function assignTo(id: string): Deed {
  const isMe = id === me.value?.id;
  return {
    doing: "several.assigning",
    done: (count) => (isMe ? say("several.taken", { count }) : say("several.assigned", { count, name: teammateName(id) })),
    fits: (row) => isRunning(row) && !(isWithTeammate(row) && row.assignee?.id === id),
    to: (row) => (isMe && !isWithTeammate(row) ? act(row, "take") : ask("PATCH", path(row), { body: { assigneeId: id }, epoch: row.epoch })),
  };
}

/** Whoever has it by now: a category is about what the client wants. */
export function putInto(categoryId: number | null): Deed {
  return {
    doing: "several.sorting",
    done: (count) => say("several.sorted", { count }),
    fits: (row) => isRunning(row) && row.categoryId !== categoryId,
    to: (row) => ask("PATCH", path(row), { body: { categoryId } }),
  };
}

/** Give up the selection, but not while something is done to it: what fails is to be selected then. Whether Esc meant it. */
export function letGo(): boolean {
  return work.value !== null || giveUp();
}

/** Do it wherever there is something to do, and tell what came of it. What could not be done stays selected. */
export async function doTogether(deed: Deed, rows: Row[]): Promise<void> {
  if (work.value !== null || rows.length === 0) return;
  const todo = rows.filter(deed.fits);
  work.value = { deed, done: 0, count: todo.length };
  const refusals = await doEach(deed, todo);
  if (me.value === null) {
    work.value = null; // whoever signs in next has nothing to do with it
    return;
  }
  const refused = new Set(refusals.map((each) => each.row));
  for (const row of rows) if (!refused.has(row)) unselect(row.id);
  work.value = null;
  settleNext();
  tell(report(deed, { asked: rows.length, begun: todo.length, refusals }), refusals.length > 0);
}

interface Refusal {
  row: Row;
  reason: string;
}

async function doEach(deed: Deed, todo: Row[]): Promise<Refusal[]> {
  const refusals: Refusal[] = [];
  const left = todo.values();
  let done = 0;
  const worker = async () => {
    for (const row of left) {
      if (me.value === null) return;
      try {
        change(await deed.to(row));
      } catch (error) {
        refusals.push({ row, reason: words(error) });
        if (error instanceof RefusedError && error.status === CHANGED) renew(row.id);
      }
      done += 1;
      work.value = { deed, done, count: todo.length };
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return refusals;
}

function report(deed: Deed, of: { asked: number; begun: number; refusals: Refusal[] }): string {
  const doneCount = of.begun - of.refusals.length;
  const leftOut = of.asked - of.begun;
  return [
    doneCount > 0 ? deed.done(doneCount) : "",
    leftOut > 0 ? say("several.leftOut", { count: leftOut }) : "",
    ...byReason(of.refusals).map(([reason, rows]) => say("several.failed", { names: named(rows), reason })),
  ]
    .filter(Boolean)
    .join(" ");
}

function byReason(refusals: Refusal[]): [string, Row[]][] {
  const reasons = new Set(refusals.map((each) => each.reason));
  return [...reasons].map((reason) => [reason, refusals.filter((each) => each.reason === reason).map((each) => each.row)]);
}

function named(rows: Row[]): string {
  const names = rows.slice(0, NAMED).map(clientName);
  const more = rows.length - names.length;
  return listed(more > 0 ? [...names, say("several.more", { count: more })] : names);
}

function act(row: Row, what: string): Promise<Row> {
  return ask("POST", `${path(row)}/${what}`, { epoch: row.epoch });
}

function path(row: Row): string {
  return `/agents/conversations/${row.id}`;
}

let toldCount = 0;

/** How many are selected is told while nothing is being done to them, and what is being done while it is. */
effect(() => {
  const count = selectedCount.value;
  if (work.value !== null || count !== toldCount) announce("selection", state);
  toldCount = count;
});

function state(): string {
  return progress.value || say("selection.count", { count: selectedCount.value });
}
