// What somebody can do here: one entry each, for buttons, shortcuts and the palette alike.

import { batch, computed, signal } from "@preact/signals";
import { ask } from "./api";
import { clientName, countOf, isAdmin, loadViews, me, mayWrite, setStatus, words } from "./desk";
import { kept } from "./kept";
import { askFirst, layer, openFor, type Layer } from "./layers";
import { hold, loadList, markUnread, rows, settle, soon } from "./lists";
import { tell } from "./notices";
import { go, openId, place } from "./places";
import { extendTo, giveUp, handAt, isChoosing, isListSeen, selectAll, selected, selectedCount, toggle } from "./selection";
import type { Presence, Row, ViewId, Whole } from "./shapes";
import { change, open, talk } from "./talk";
import { assignTo, CLOSE, doTogether, GIVE_TO_BOT, isRunning as isRowRunning, letGo, RELEASE, work, type Deed } from "./together";
import { say, type Word } from "./words";

export interface Action {
  id: string;
  word: Word;
  keys: string;
  group: "go" | "selection" | "conversation" | "write" | "page";
  run(): void;
  may?(): boolean;
  /** Whether it is done to the selection, when there is one. */
  isForSelection?: true;
  /** Whether its keys mean it only while the list has the focus. */
  isOfList?: true;
}

export const writesNote = signal(false);
export const viewsFolded = kept("viewsFolded", false);
const detailsKept = kept("detailsFolded", false);
const isDrawerOpen = signal(false);
const narrow = matchMedia("(max-width: 1439px)");
const isNarrow = signal(narrow.matches);
narrow.addEventListener("change", (event) => (isNarrow.value = event.matches));

/** Beside the thread the details stay as they were left; over it, on a narrow screen, they are opened each time. */
export const detailsFolded = computed(() => (isNarrow.value ? !isDrawerOpen.value : detailsKept.value));

export function foldDetails(isFolded = !detailsFolded.value): void {
  if (isNarrow.value) isDrawerOpen.value = !isFolded;
  else detailsKept.value = isFolded;
}
export const shortcutsOn = kept("shortcutsOn", true);
export const changedKeys = kept<Record<string, string>>("shortcuts", {});
export const enterSends = kept("enterSends", true);

const isOpen = () => talk.value !== null && place.value.page === "inbox";
const isRunning = () => isOpen() && mayWrite.value && !talk.value?.isClosed;
const isMine = () => talk.value?.assignee?.id === me.value?.id && talk.value?.holder === "teammate";

export const mayTake = computed(() => isRunning() && !isMine());
export const mayGiveToBot = computed(() => isRunning() && talk.value?.holder !== "bot");
export const mayRelease = computed(() => isRunning() && talk.value?.holder === "teammate");
export const mayChange = computed(isRunning);

/** Do something with the opened conversation, and say so when it could not be done. */
async function act(what: string): Promise<Row | null> {
  const id = talk.value?.id;
  if (id === undefined) return null;
  try {
    const changed = await ask<Row>("POST", `/agents/conversations/${id}/${what}`);
    change(changed);
    soon();
    return changed;
  } catch (error) {
    tell(words(error), true);
    void open(id, true);
    return null;
  }
}

/** Take it from the queue or the bot; from a colleague it is assigned, because that is meant. */
export function take(): void {
  const id = me.value?.id;
  if (talk.value?.holder === "teammate" && id !== undefined) void assign(id);
  else void act("take");
}

export const giveToBot = () => void act("bot");
export const release = () => void act("release");

export async function close(): Promise<void> {
  const id = talk.value?.id;
  if ((await act("close")) !== null) tell(say("close.told"));
  if (id !== undefined) after(id);
}

/** Go to the next conversation of the list, to its heading, once one is done. */
export function after(id: number): void {
  const at = rows.value.findIndex((each) => each.id === id);
  const next = rows.value[at + 1] ?? rows.value[at - 1];
  hold(false);
  if (next === undefined || at < 0) return;
  go({ id: next.id });
  focusHeading();
}

export async function assign(teammateId: string): Promise<void> {
  await patch({ assigneeId: teammateId });
}

export async function patch(body: Record<string, unknown>): Promise<boolean> {
  const id = talk.value?.id;
  if (id === undefined) return false;
  try {
    change(await ask<Row>("PATCH", `/agents/conversations/${id}`, { body }));
    soon();
    return true;
  } catch (error) {
    tell(words(error), true);
    return false;
  }
}

export async function takeNext(): Promise<void> {
  try {
    const taken = await ask<Whole | null>("POST", "/agents/next");
    if (taken === null) {
      tell(say("next.none"));
      return;
    }
    batch(() => go({ page: "inbox", view: "mine", category: null, id: taken.id }));
    focusComposer();
    soon();
  } catch (error) {
    tell(words(error), true);
  }
}

/** The conversation beside the opened one. */
function step(by: number): void {
  const at = rows.value.findIndex((each) => each.id === place.value.id);
  const next = rows.value[at < 0 ? 0 : at + by];
  if (next !== undefined) go({ id: next.id });
}

function view(id: ViewId): void {
  const isHere = place.value.page === "inbox" && place.value.view === id && place.value.category === null;
  go({ page: "inbox", view: id, category: null, id: null });
  if (isHere) focusList();
  else wanted.list = true;
}

/** Whether the focus is to go into the list once it is there. */
export const wanted = { list: false };

export function focusList(): void {
  document.querySelector<HTMLElement>("#list [tabindex='0']")?.focus();
}

const SOON_MS = 40;
const TRIES = 50;

export function focusHeading(): void {
  focusOnce("#thread-heading");
}

export function focusComposer(): void {
  focusOnce("#composer textarea");
}

/** At once when the opened conversation is there, so that the next key is typed and no shortcut; else when it is. */
function focusOnce(selector: string, tries = TRIES): void {
  const found = talk.value?.id === place.value.id ? document.querySelector<HTMLElement>(selector) : null;
  if (found !== null) found.focus();
  else if (tries > 0) setTimeout(() => focusOnce(selector, tries - 1), SOON_MS);
}

function writing(isNote: boolean): void {
  writesNote.value = isNote;
  focusComposer();
}

function pane(back: boolean): void {
  const all = [...document.querySelectorAll<HTMLElement>("[data-pane]")].filter((each) => each.offsetParent !== null);
  const at = all.findIndex((each) => each.contains(document.activeElement));
  const next = all[(at + (back ? -1 : 1) + all.length) % all.length];
  if (next !== undefined) (inPane(next) ?? next).focus();
}

/** Where one begins in a pane: in the list at the row at hand, else at the first that is seen. */
function inPane(pane: HTMLElement): HTMLElement | undefined {
  const row = pane.querySelector<HTMLElement>("#list [tabindex='0']");
  const all = pane.querySelectorAll<HTMLElement>("[tabindex='0'], textarea, input, button, a[href]");
  return row ?? [...all].find((each) => each.offsetParent !== null);
}

function status(to: Presence): void {
  setStatus(to).catch((error: unknown) => tell(words(error), true));
}

/** Whether what is done is done to the selection: also while something is, so that a key too many meets nothing else. */
const isForSelection = () => selectedCount.value > 0 || work.value !== null;

type Either = Pick<Action, "run" | "may" | "isForSelection">;

interface Several {
  fits(row: Row): boolean;
  run(rows: Row[]): void;
  /** How it is asked about when a stray press may have selected the only one. What asks anyway is not asked about. */
  sure?: "take" | "bot" | "release" | "close" | "unread";
}

/** What is done to the selection when there is one, and else to the opened conversation. */
function either(one: Required<Pick<Action, "run" | "may">>, several: Several): Either {
  return {
    isForSelection: true,
    run: () => (isForSelection() ? doToSelected(several) : one.run()),
    may: () => (isForSelection() ? work.value === null && mayWrite.value && selected.value.some(several.fits) : one.may()),
  };
}

/** Asked about first when one alone is selected and another one is open: whoever reads that means it, as a rule. */
function doToSelected({ sure, run }: Several): void {
  const some = selected.value;
  const [only] = some;
  const isClear = only === undefined || some.length > 1 || openId.value === null || openId.value === only.id;
  if (isClear || sure === undefined) run(some);
  else askFirst({ text: say(`sure.${sure}`, { name: clientName(only) }), button: say(`do.${sure}`), run: () => run(some) });
}

/** What is chosen in a layer: for the opened conversation, or for the selection. */
function inLayer(name: Layer): Required<Pick<Action, "run" | "may">> {
  return { run: () => void (layer.value = name), may: isRunning };
}

function severalInLayer(name: Layer): Several {
  return { fits: isRowRunning, run: (some) => openFor(name, some) };
}

function toSelected(deed: () => Deed, sure: Required<Several>["sure"]): Several {
  return { fits: (row) => deed().fits(row), run: (some) => void doTogether(deed(), some), sure };
}

const mine = () => assignTo(me.value?.id ?? "");
const maySelect = () => mayWrite.value && isListSeen.value && rows.value.length > 0;

/** Select in the list, and be there with the focus if it was nowhere. */
function selecting(select: () => void): void {
  select();
  if (document.activeElement === document.body) focusList();
}

/** Closing several is asked about once: it ends what others may be in the middle of. */
function closeSelected(some: Row[]): void {
  const count = some.filter(CLOSE.fits).length;
  const run = () => void doTogether(CLOSE, some);
  if (count > 1) askFirst({ text: say("several.sure", { count }), button: say("several.close", { count }), run });
  else run();
}

/** Leave the thread, for its row in the list. */
export function leave(): void {
  wanted.list = true;
  go({ id: null });
}

/** Mark the opened conversation as unread, and close its thread. */
export function leaveUnread(): void {
  if (talk.value) markUnread(talk.value.id, true);
  leave();
}

function markSelectedUnread(some: Row[]): void {
  for (const row of some) markUnread(row.id, true);
  giveUp();
}

export const ACTIONS: Action[] = [
  { id: "palette", word: "do.palette", keys: "mod+k", group: "page", run: () => void (layer.value = "palette") },
  { id: "shortcuts", word: "do.shortcuts", keys: "?", group: "page", run: () => void (layer.value = "shortcuts") },
  { id: "down", word: "do.down", keys: "j", group: "go", run: () => step(1) },
  { id: "up", word: "do.up", keys: "k", group: "go", run: () => step(-1) },
  { id: "select", word: "do.select", keys: "x", group: "selection", run: () => selecting(toggle), may: maySelect },
  { id: "select-down", word: "do.selectDown", keys: "shift+j", group: "selection", run: () => selecting(() => extendTo(handAt.value + 1)), may: maySelect },
  { id: "select-up", word: "do.selectUp", keys: "shift+k", group: "selection", run: () => selecting(() => extendTo(handAt.value - 1)), may: maySelect },
  { id: "select-all", word: "do.selectAll", keys: "mod+a", group: "selection", run: selectAll, may: maySelect, isOfList: true },
  {
    id: "select-none",
    word: "do.selectNone",
    keys: "escape",
    group: "selection",
    run: () => void letGo(),
    may: () => selectedCount.value > 0 || isChoosing.value,
  },
  { id: "waiting", word: "do.waiting", keys: "g w", group: "go", run: () => view("waiting") },
  { id: "mine", word: "do.mine", keys: "g m", group: "go", run: () => view("mine") },
  { id: "bot-view", word: "do.botView", keys: "g b", group: "go", run: () => view("bot") },
  { id: "all", word: "do.all", keys: "g a", group: "go", run: () => view("open") },
  { id: "closed", word: "do.closed", keys: "g c", group: "go", run: () => view("closed_today") },
  { id: "queue", word: "do.queue", keys: "g q", group: "go", run: () => go({ page: "queue", part: "" }) },
  { id: "reports", word: "do.reports", keys: "g r", group: "go", run: () => go({ page: "reports", part: "" }) },
  { id: "settings", word: "do.settings", keys: "g s", group: "go", run: () => go({ page: "settings", part: "" }) },
  { id: "search", word: "do.search", keys: "/", group: "go", run: () => document.getElementById("search")?.focus() },
  { id: "next", word: "do.next", keys: "n", group: "conversation", run: () => void takeNext(), may: () => mayWrite.value },
  { id: "reply", word: "do.reply", keys: "r", group: "write", run: () => writing(false), may: () => isOpen() && mayWrite.value },
  { id: "note", word: "do.note", keys: "shift+n", group: "write", run: () => writing(true), may: () => isOpen() && mayWrite.value },
  {
    id: "take",
    word: "do.take",
    keys: "t",
    group: "conversation",
    ...either({ run: take, may: () => mayTake.value }, toSelected(mine, "take")),
  },
  {
    id: "bot",
    word: "do.bot",
    keys: "b",
    group: "conversation",
    ...either({ run: giveToBot, may: () => mayGiveToBot.value }, toSelected(() => GIVE_TO_BOT, "bot")),
  },
  { id: "assign", word: "do.assign", keys: "a", group: "conversation", ...either(inLayer("assign"), severalInLayer("assign-several")) },
  {
    id: "assign-me",
    word: "do.assignMe",
    keys: "shift+a",
    group: "conversation",
    ...either({ run: take, may: () => mayTake.value }, toSelected(mine, "take")),
  },
  {
    id: "release",
    word: "do.release",
    keys: "",
    group: "conversation",
    ...either({ run: release, may: () => mayRelease.value }, toSelected(() => RELEASE, "release")),
  },
  {
    id: "close",
    word: "do.close",
    keys: "e",
    group: "conversation",
    ...either({ run: () => void close(), may: isRunning }, { run: closeSelected, fits: CLOSE.fits, sure: "close" }),
  },
  { id: "category", word: "do.category", keys: "c", group: "conversation", ...either(inLayer("category"), severalInLayer("category-several")) },
  {
    id: "unread",
    word: "do.unread",
    keys: "u",
    group: "conversation",
    ...either({ run: leaveUnread, may: isOpen }, { run: markSelectedUnread, fits: () => true, sure: "unread" }),
  },
  { id: "new", word: "do.new", keys: "", group: "go", run: settle },
  { id: "reload", word: "do.reload", keys: "", group: "page", run: () => void Promise.all([loadList(true), loadViews()]) },
  { id: "views", word: "do.views", keys: "[", group: "page", run: () => void (viewsFolded.value = !viewsFolded.value) },
  { id: "details", word: "do.details", keys: "]", group: "page", run: () => foldDetails() },
  { id: "pane", word: "do.pane", keys: "f6", group: "page", run: () => pane(false) },
  { id: "pane-back", word: "do.paneBack", keys: "shift+f6", group: "page", run: () => pane(true) },
  { id: "online", word: "do.online", keys: "", group: "page", run: () => status("online"), may: () => mayWrite.value },
  { id: "busy", word: "do.busy", keys: "", group: "page", run: () => status("busy"), may: () => mayWrite.value },
  { id: "away", word: "do.away", keys: "", group: "page", run: () => status("away"), may: () => mayWrite.value },
  { id: "finishing", word: "do.finishing", keys: "", group: "page", run: () => status("finishing"), may: () => mayWrite.value },
];

export function keysOf(action: Action): string {
  return changedKeys.value[action.id] ?? action.keys;
}

export function actionOf(id: string): Action {
  const found = ACTIONS.find((each) => each.id === id);
  if (found === undefined) throw new Error(id);
  return found;
}

export const longestWait = computed(() => countOf("waiting")?.longestWait ?? null);
export { isAdmin };
