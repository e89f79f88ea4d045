// Calls of the agents' API: the envelope, the proof against forgery, and errors in words.

import { signal } from "@preact/signals";

const CALL_WITHIN_MS = 30_000;

/** What every write shows, from the session; null while nobody is signed in. */
let proof: string | null = null;

/** Counts up whenever the server says that nobody is signed in any more. */
export const signedOut = signal(0);

export function showProof(token: string | null): void {
  proof = token;
}

/** The server's refusal. `places` are the members it is about, each with its sentence. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    readonly code: number,
    text: string,
    readonly places: { path: string; text: string }[],
    readonly retryAfter: number | null,
  ) {
    super(text);
  }

  /** Whether the same call may be answered well later. */
  get isPassing(): boolean {
    return this.status === 429 || this.status >= 500;
  }
}

/** Nothing came back: the line is cut, or it took too long. */
export class LineError extends Error {}

export interface Asking {
  body?: unknown;
  key?: string;
  /** The takeover epoch that it was decided under: refused when somebody else has the conversation by now. */
  epoch?: number;
  signal?: AbortSignal;
}

/** Ask for data. Raises RefusedError and LineError. A 204 is null. */
export async function ask<T>(method: string, path: string, asking: Asking = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET" && proof !== null) headers["X-Parley-CSRF"] = proof;
  if (asking.body !== undefined) headers["Content-Type"] = "application/json";
  if ((method === "POST" || method === "PATCH") && path !== "/agents/session")
    headers["Idempotency-Key"] = asking.key ?? newKey();
  if (asking.epoch !== undefined) headers["Parley-Epoch"] = String(asking.epoch);
  const limit = AbortSignal.timeout(CALL_WITHIN_MS);
  const answer = await send(path, {
    method,
    headers,
    credentials: "same-origin",
    signal: asking.signal ? AbortSignal.any([asking.signal, limit]) : limit,
    ...(asking.body === undefined ? {} : { body: JSON.stringify(asking.body) }),
  });
  if (answer.status === 204) return null as T;
  const read = (await answer.json().catch(() => null)) as Envelope | null;
  if (answer.ok && read !== null) return read.data as T;
  if (answer.ok) throw new LineError("cut in the middle of the answer");
  if (answer.status === 401 && path !== "/agents/session") signedOut.value += 1;
  throw refused(answer, read);
}

export function get<T>(path: string, within?: AbortSignal): Promise<T> {
  return ask<T>("GET", path, within ? { signal: within } : {});
}

/** A key under which a write is done once, however often it is sent. */
export function newKey(): string {
  return crypto.randomUUID();
}

interface Envelope {
  data: unknown;
  errorCode: number;
  errorText: string | null;
  errorDetails?: { path: string; text: string }[];
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new LineError(String(error));
  }
}

function refused(answer: Response, read: Envelope | null): RefusedError {
  const after = Number(answer.headers.get("Retry-After"));
  return new RefusedError(
    answer.status,
    read?.errorCode ?? 0,
    read?.errorText ?? answer.statusText,
    read?.errorDetails ?? [],
    Number.isFinite(after) && after > 0 ? after : null,
  );
}
