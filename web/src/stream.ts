// The live stream of the community: read with fetch and not with EventSource, which hides heartbeats (so a dead line
// looks like a quiet one) and statuses (so a session that is over looks like a cut).

import { signal } from "@preact/signals";
import { ask, LineError, RefusedError, signedOut } from "./api";
import { waitBefore, waitOrWake } from "./reconnect";
import type { Happening } from "./shapes";

const DEAD_AFTER_MS = 35_000; // the server says something every 15 s
const HEARTBEAT = ": "; // other comments greet, or say why the stream ends

export type Line = "connecting" | "open" | "cut";

export const line = signal<Line>("connecting");

export interface Typing {
  conversationId: number;
  userId: string;
  name: string | null;
  isByTeam: boolean;
  expiresInSeconds: number;
}

export interface Listener {
  /** An event with its number. */
  heard(event: Happening): void;
  typing(frame: Typing): void;
  /** The line is open: for the first time, or again after a cut. */
  opened(again: boolean): void;
}

/** Follow until told to stop. */
export async function follow(listener: Listener, stop: AbortSignal): Promise<void> {
  let last: string | null = null;
  let tries = 0;
  let again = false;
  while (!stop.aborted) {
    const cut = new AbortController();
    const end = () => cut.abort();
    stop.addEventListener("abort", end);
    try {
      await read(last, cut, {
        open: () => {
          line.value = "open";
          tries = 0;
          listener.opened(again);
          again = true;
        },
        frame: (frame) => {
          if (frame.id !== null) last = frame.id;
          if (frame.event === "typing") listener.typing(JSON.parse(frame.data) as Typing);
          else if (frame.id !== null) listener.heard(JSON.parse(frame.data) as Happening);
        },
      });
    } catch (error) {
      if (error instanceof SessionError) {
        signedOut.value += 1;
        return;
      }
      if (error instanceof LostError) last = null;
    } finally {
      stop.removeEventListener("abort", end);
    }
    if (stop.aborted) return;
    line.value = "cut";
    await waitOrWake(waitBefore(tries), stop);
    tries += 1;
  }
}

class SessionError extends Error {}
class LostError extends Error {}

interface Frame {
  id: string | null;
  event: string;
  data: string;
}

async function read(
  last: string | null,
  cut: AbortController,
  on: { open(): void; frame(frame: Frame): void },
): Promise<void> {
  const headers: Record<string, string> = { Accept: "text/event-stream" };
  if (last !== null) headers["Last-Event-ID"] = last;
  let timer = setTimeout(() => cut.abort(), DEAD_AFTER_MS);
  try {
    const answer = await fetch("/agents/events?answersHeartbeats=true", { headers, signal: cut.signal, cache: "no-store" });
    if (answer.status === 401) throw new SessionError();
    if (answer.status === 400) throw new LostError();
    if (!answer.ok || answer.body === null) throw new Error(`status ${answer.status}`);
    on.open();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let rest = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => cut.abort(), DEAD_AFTER_MS);
      const parts = (rest + value).split("\n\n");
      rest = parts.pop() ?? "";
      if (parts.includes(HEARTBEAT)) void answerHeartbeat(cut.signal);
      for (const part of parts) {
        const frame = parse(part);
        if (frame !== null) on.frame(frame);
      }
    }
  } finally {
    clearTimeout(timer);
  }
}

let isAnswering = false;

/**
 * Show that somebody is there: a proxy takes what is sent to a laptop that sleeps, but answers nothing for it. After a
 * sleep many heartbeats come at once, and one answer is enough.
 */
async function answerHeartbeat(until: AbortSignal): Promise<void> {
  if (isAnswering || until.aborted) return;
  isAnswering = true;
  try {
    await ask("POST", "/agents/heartbeat", { signal: until });
  } catch (error) {
    if (!(error instanceof LineError || error instanceof RefusedError || until.aborted)) throw error;
  } finally {
    isAnswering = false;
  }
}

function parse(part: string): Frame | null {
  const frame: Frame = { id: null, event: "message", data: "" };
  for (const text of part.split("\n")) {
    if (text.startsWith("data: ")) frame.data += text.slice(6);
    else if (text.startsWith("id: ")) frame.id = text.slice(4);
    else if (text.startsWith("event: ")) frame.event = text.slice(7);
  }
  return frame.data === "" ? null : frame;
}
