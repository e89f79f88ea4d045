import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { get, LineError, RefusedError } from "../api";
import { words } from "../desk";
import { say, type Word } from "../words";
import { DRAWN } from "./forms";

export const ADMIN_PARTS: { id: string; word: Word }[] = [
  { id: "teammates", word: "admin.teammates" },
  { id: "categories", word: "admin.categories" },
  { id: "fields", word: "admin.fields" },
  { id: "routing", word: "admin.routing" },
  { id: "bot", word: "admin.bot" },
  { id: "webhooks", word: "admin.webhooks" },
  { id: "tokens", word: "admin.tokens" },
  { id: "mail", word: "admin.mail" },
];

/** One part of what an admin sets: read, then drawn by its own form. */
export function Admin({ part }: { part: string }) {
  const found = useSignal<unknown>(undefined);
  const failed = useSignal<unknown>(null);
  async function read() {
    try {
      found.value = await get<unknown>(`/agents/admin/${part}`);
      failed.value = null;
    } catch (error) {
      if (!(error instanceof LineError || error instanceof RefusedError)) throw error;
      if (part === "bot" && error instanceof RefusedError && error.status === 404) found.value = null;
      else failed.value = error;
    }
  }
  useEffect(() => void read(), [part]);
  if (failed.value !== null)
    return <p role="alert">{failed.value instanceof RefusedError && failed.value.status === 404 ? say("settings.notHere") : words(failed.value)}</p>;
  if (found.value === undefined) return null;
  const Form = DRAWN[part];
  return Form === undefined ? null : <Form found={found.value} again={() => void read()} />;
}
