import { useSignal } from "@preact/signals";
import { useLayoutEffect, useRef } from "preact/hooks";
import { after, enterSends, focusList, mayTake, writesNote } from "../actions";
import { ask } from "../api";
import { draftOf, keepDraft } from "../drafts";
import { mayWrite, me, teammateName } from "../desk";
import { shown } from "../keys";
import { post } from "../outbox";
import { fitting, hasReplies, type SavedReply } from "../replies";
import type { Whole } from "../shapes";
import { typists } from "../talk";
import { letGo } from "../together";
import { say } from "../words";
import { Icon } from "./icons";

const TYPING_EVERY_MS = 3_000;

export function Composer({ at }: { at: Whole }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const text = useSignal("");
  const asks = useSignal<string | null>(null);
  const chosen = useSignal(0);
  const isPicking = useSignal(false);
  const begunAt = useRef<number | null>(null);
  const toldAt = useRef(0);
  const isNote = writesNote.value;

  // Before anything can be pressed: a note must not become a reply.
  useLayoutEffect(() => {
    const draft = draftOf(at.id) ?? at.draft;
    text.value = draft?.text ?? "";
    writesNote.value = draft?.isNote ?? false;
  }, [at.id]);
  useLayoutEffect(() => {
    const element = field.current;
    if (element === null) return;
    element.style.height = "auto";
    element.style.height = `${element.scrollHeight + 2}px`;
  }, [text.value]);

  if (!mayWrite.value) return <p class="composer quiet readonly">{say("composer.readOnly")}</p>;

  const slash = hasReplies.value && !isNote && text.value.startsWith("/") && !text.value.includes("\n") ? text.value.slice(1) : null;
  const found = slash === null || !isPicking.value ? [] : fitting(slash);
  const takes = !isNote && mayTake.value && at.holder !== "teammate";
  const answering = typists.value.find((each) => each.isByTeam && each.conversationId === at.id);

  function write(value: string) {
    if (text.value === "" && value !== "") begunAt.current = lastByTeam(at);
    text.value = value;
    isPicking.value = value.startsWith("/");
    chosen.value = 0;
    asks.value = null;
    keepDraft(at.id, { text: value, isNote: writesNote.value });
    if (value !== "" && !writesNote.value && Date.now() - toldAt.current > TYPING_EVERY_MS) {
      toldAt.current = Date.now();
      void ask("POST", `/agents/conversations/${at.id}/typing`).catch(() => (toldAt.current = Number.POSITIVE_INFINITY));
    }
  }

  function send(closes = false, isSure = false) {
    const words = text.value.trim();
    if (words === "") return;
    const other = at.messages.findLast((each) => each.author.status === "team" && !each.author.isBot);
    if (!isSure && !isNote && other && other.id !== begunAt.current && other.author.id !== me.value?.id && other.id > (begunAt.current ?? 0)) {
      asks.value = say("composer.changed", { name: teammateName(other.author.id) });
      return;
    }
    post({ conversationId: at.id, isNote, text: words, takes, closes: closes && !isNote });
    text.value = "";
    asks.value = null;
    keepDraft(at.id, { text: "", isNote });
    if (closes) after(at.id);
    else field.current?.focus();
  }

  function insert(reply: SavedReply) {
    write(filled(reply.text, at));
    isPicking.value = false;
    field.current?.focus();
  }

  function press(event: KeyboardEvent) {
    if (event.isComposing) return;
    const isMod = event.ctrlKey || event.metaKey;
    if (found.length > 0 && (event.key === "ArrowDown" || event.key === "ArrowUp")) {
      event.preventDefault();
      chosen.value = (chosen.value + (event.key === "ArrowDown" ? 1 : -1) + found.length) % found.length;
    } else if (found.length > 0 && (event.key === "Enter" || event.key === "Tab") && !isMod) {
      event.preventDefault();
      const reply = found[chosen.value];
      if (reply) insert(reply);
    } else if (event.key === "Escape") {
      event.preventDefault();
      if (found.length > 0) isPicking.value = false;
      else if (asks.value !== null) asks.value = null;
      else if (!letGo()) focusList();
    } else if (event.key === "Enter" && isMod) {
      event.preventDefault();
      send(event.shiftKey);
    } else if (event.key === "Enter" && enterSends.value && !event.shiftKey) {
      event.preventDefault();
      send();
    }
  }

  function turn(toNote: boolean) {
    writesNote.value = toNote;
    keepDraft(at.id, { text: text.value, isNote: toNote });
    field.current?.focus();
  }

  const keys = enterSends.value ? "enter" : "mod+enter";
  const closesWithIt = !isNote && !at.isClosed;
  return (
    <form
      id="composer"
      class={`composer${isNote ? " note" : ""}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <div class="kinds" role="group" aria-label={say("composer.kind")}>
        <button type="button" aria-pressed={!isNote} onClick={() => turn(false)} title={`${say("do.reply")} (R)`}>
          {say("composer.reply")}
        </button>
        <button type="button" aria-pressed={isNote} onClick={() => turn(true)} title={`${say("do.note")} (Shift N)`}>
          <Icon name="note" /> {say("note")}
        </button>
        <span class="hint">{hintOf(at, isNote, takes)}</span>
      </div>
      {answering !== undefined && !isNote && (
        <p class="answering">
          <Icon name="warning" /> {say("typing.team", { name: answering.name ?? say("somebody") })}
        </p>
      )}
      {asks.value !== null && (
        <div class="asks" role="alert">
          <span>{asks}</span>
          <button type="button" class="small" onClick={() => send(false, true)}>
            {say("composer.sendAnyway")}
          </button>
        </div>
      )}
      {found.length > 0 && (
        <ul class="canned" role="listbox" id="canned" aria-label={say("replies.label")}>
          {found.map((each, index) => (
            <li
              key={each.id}
              id={`canned-${index}`}
              role="option"
              aria-selected={index === chosen.value}
              onPointerDown={(event) => {
                event.preventDefault();
                insert(each);
              }}
            >
              <strong>/{each.shortcut}</strong> <span>{each.text.slice(0, 90)}</span>
            </li>
          ))}
        </ul>
      )}
      <div class="field">
        <textarea
          ref={field}
          rows={2}
          maxLength={10_000}
          value={text}
          aria-label={isNote ? say("composer.noteLabel") : say("composer.replyLabel", { name: at.author.name ?? say("client") })}
          placeholder={isNote ? say("composer.noteHint") : hasReplies.value ? say("composer.replyHintSlash") : say("composer.replyHint")}
          aria-controls={found.length > 0 ? "canned" : undefined}
          aria-activedescendant={found.length > 0 ? `canned-${chosen.value}` : undefined}
          onInput={(event) => write(event.currentTarget.value)}
          onKeyDown={press}
        />
        <div class="sendrow">
          {closesWithIt && (
            <button type="button" class="plain sendclose" disabled={text.value.trim() === ""} onClick={() => send(true)} title={shown("mod+shift+enter")}>
              {say("composer.sendClose")}
            </button>
          )}
          <button type="submit" class="main" disabled={text.value.trim() === ""} title={shown(keys)}>
            <Icon name={isNote ? "note" : "send"} />
            {isNote ? say("composer.addNote") : takes ? say("composer.takeSend") : say("composer.send")}
          </button>
        </div>
      </div>
    </form>
  );
}

function hintOf(at: Whole, isNote: boolean, takes: boolean): string {
  if (isNote) return say("composer.noteOnly");
  if (at.isClosed) return say("composer.closed");
  if (takes) return say(at.holder === "bot" ? "composer.withBot" : "composer.inQueue");
  if (at.holder === "teammate" && at.assignee !== null && at.assignee.id !== me.value?.id)
    return say("composer.theirs", { name: teammateName(at.assignee.id) });
  return "";
}

function lastByTeam(at: Whole): number | null {
  return at.messages.findLast((each) => each.author.status === "team" && !each.author.isBot)?.id ?? null;
}

/** A saved reply with the client's name and our own in it. */
function filled(text: string, at: Whole): string {
  return text.replaceAll("(name)", at.author.name ?? "").replaceAll("(agent)", me.value?.name ?? "");
}
