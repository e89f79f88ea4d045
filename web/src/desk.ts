// Who is signed in, what the community has, and how much there is to do.

import { computed, signal } from "@preact/signals";
import { ask, get, LineError, RefusedError, showProof } from "./api";
import { dismissAll, tell } from "./notices";
import type { Directory, Presence, Row, Session, Teammate, ViewCount, ViewId } from "./shapes";
import { say } from "./words";

/** Undefined until the server has been asked. */
export const session = signal<Session | null | undefined>(undefined);
export const directory = signal<Directory | null>(null);
export const views = signal<ViewCount[]>([]);

const DRAWN_WITHIN_MS = 1_500; // whatever answers are missing: by then something that moves is better than nothing

/** Whether both have been asked for, with or without an answer: before, what they bring would move what is drawn. */
export const isFurnished = signal(false);

export const me = computed(() => session.value?.teammate ?? null);
export const mayWrite = computed(() => me.value !== null && me.value.role !== "read_only");
export const isAdmin = computed(() => me.value?.role === "admin");

export async function findSession(): Promise<void> {
  try {
    begin(await get<Session>("/agents/session"));
  } catch (error) {
    if (error instanceof RefusedError && error.status === 401) end();
    else throw error;
  }
}

export async function signIn(email: string, password: string, community: string | null): Promise<void> {
  const body = { email, password, ...(community === null ? {} : { community }) };
  begin(await ask<Session>("POST", "/agents/session", { body }));
}

export async function signOut(): Promise<void> {
  await ask("DELETE", "/agents/session");
  end();
}

export function end(): void {
  showProof(null);
  session.value = null;
  directory.value = null;
  views.value = [];
  isFurnished.value = false;
  dismissAll();
}

export async function furnish(): Promise<void> {
  const late = setTimeout(() => (isFurnished.value = true), DRAWN_WITHIN_MS);
  const answers = await Promise.allSettled([loadDirectory(), loadViews()]);
  clearTimeout(late);
  isFurnished.value = true;
  const failed = answers.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

export async function loadDirectory(): Promise<void> {
  directory.value = await get<Directory>("/agents/directory");
  const mine = directory.value.teammates.find((each) => each.id === me.value?.id);
  if (mine && session.value) session.value = { ...session.value, teammate: mine };
}

export async function loadViews(): Promise<void> {
  views.value = await get<ViewCount[]>("/agents/views");
}

export async function setStatus(status: Presence): Promise<void> {
  const changed = await ask<Teammate>("PATCH", "/agents/me", { body: { status } });
  if (session.value) session.value = { ...session.value, teammate: changed };
  tell(say("status.told", { status: say(`status.${status}`) }));
}

export function countOf(view: ViewId): ViewCount | undefined {
  return views.value.find((each) => each.id === view);
}

export function categoryName(id: number | null): string | null {
  return directory.value?.categories.find((each) => each.id === id)?.name ?? null;
}

export function teammateName(id: string | null): string {
  if (id === null) return say("nobody");
  if (id === me.value?.id) return say("you");
  return directory.value?.teammates.find((each) => each.id === id)?.name ?? say("somebody");
}

export function clientName(row: Row): string {
  return row.author.name ?? row.author.email ?? say("client");
}

/** An error in words that somebody can act on. */
export function words(error: unknown): string {
  if (error instanceof LineError) return say("error.line");
  if (error instanceof RefusedError) {
    if (error.status === 401) return say("error.signedOut");
    if (error.status === 403) return say("error.forbidden");
    if (error.status === 404) return say("error.gone");
    if (error.status === 409) return say("error.changed");
    if (error.status === 429 && error.retryAfter !== null) return say("error.tries", { count: error.retryAfter });
    if (error.status >= 500) return say("error.server");
    return error.message;
  }
  return say("error.server");
}

function begin(found: Session): void {
  showProof(found.csrfToken);
  session.value = found;
}
