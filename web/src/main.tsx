// The agents' inbox: begins here.

import { effect } from "@preact/signals";
import { render } from "preact";
import { signedOut } from "./api";
import { App } from "./App";
import { end, findSession, furnish, session, words } from "./desk";
import * as keys from "./keys";
import { hush, listen } from "./live";
import { loadList, markUnread } from "./lists";
import "./look";
import { tell } from "./notices";
import { openOutbox } from "./outbox";
import { openId } from "./places";
import { loadReplies } from "./replies";
import "./style.css";
import { put } from "./talk";
import { tick } from "./times";
import { say, speak } from "./words";

let worksFor: string | null = null;

/** When somebody signs in or out, everything begins or ends. */
effect(() => {
  const who = session.value ? `${session.value.community.id}/${session.value.teammate.id}` : null;
  if (who === worksFor) return;
  worksFor = who;
  if (who === null) {
    hush();
    return;
  }
  queueMicrotask(() => {
    listen();
    void Promise.all([furnish(), loadReplies()]).catch((error: unknown) => tell(words(error), true));
    void loadList();
    openOutbox((letter, written) => put(letter.conversationId, letter.isNote, written));
  });
});

effect(() => {
  if (signedOut.value > 0 && session.peek()) {
    end();
    tell(say("signin.over"));
  }
});

async function begin(): Promise<void> {
  await speak();
  keys.listen();
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && openId.value !== null) markUnread(openId.value, false);
  });
  tick();
  const root = document.getElementById("app");
  if (root !== null) render(<App />, root);
  await retried(findSession);
}

/** Until the server can be asked. */
async function retried(work: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      tell(words(error), true);
      await new Promise((resolve) => setTimeout(resolve, 3_000));
    }
  }
}

void begin();
