import { useSignal } from "@preact/signals";
import { Fragment, type ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import {
  actionOf,
  close,
  detailsFolded,
  foldDetails,
  giveToBot,
  keysOf,
  leave,
  leaveUnread,
  mayChange,
  mayGiveToBot,
  mayRelease,
  mayTake,
  release,
  take,
} from "../actions";
import { categoryName, directory, me, teammateName, words } from "../desk";
import { forReaders, shown } from "../keys";
import { layer } from "../layers";
import { discard, postAgain, type Letter } from "../outbox";
import { openId } from "../places";
import type { Happening, Mail, Message, Note, Whole } from "../shapes";
import { line } from "../stream";
import { hasEarlier, loadEarlier, open, pending, talk, talkFailed, typists } from "../talk";
import { clock, day, dayOf, span, whole } from "../times";
import { say } from "../words";
import { Avatar } from "./Avatar";
import { Composer } from "./Composer";
import { Icon, type IconName } from "./icons";
import { Menu } from "./Menu";

const GROUP_WITHIN_MS = 3 * 60_000;
const NEAR_END_PX = 120;

export function Thread() {
  const id = openId.value;
  useEffect(() => void open(id), [id]);
  if (id === null)
    return (
      <section class="thread blank" data-pane tabIndex={-1}>
        <Icon name="inbox" />
        <p>{say("thread.none")}</p>
        <p class="quiet">{say("thread.noneHint")}</p>
      </section>
    );
  const at = talk.value;
  if (at === null || at.id !== id)
    return (
      <section class="thread blank" data-pane tabIndex={-1}>
        {talkFailed.value !== null && (
          <div role="alert">
            <p>{words(talkFailed.value)}</p>
            <button type="button" onClick={() => void open(id, true)}>
              {say("again")}
            </button>
            <Back />
          </div>
        )}
      </section>
    );
  return (
    <section class="thread" aria-labelledby="thread-heading" data-pane>
      <Head at={at} />
      <Log at={at} />
      <Composer key={at.id} at={at} />
    </section>
  );
}

function Back() {
  return (
    <button type="button" class="plain backbutton" aria-label={say("back")} onClick={leave}>
      <Icon name="back" />
    </button>
  );
}

function Head({ at }: { at: Whole }) {
  const isMore = useSignal(false);
  const name = at.author.name ?? at.author.email ?? say("client");
  const category = categoryName(at.categoryId);
  useEffect(() => {
    document.title = `${name} · Parley`;
  }, [name]);
  return (
    <header class="threadhead">
      <Back />
      <Avatar person={at.author} />
      <div class="who">
        <h1 id="thread-heading" tabIndex={-1}>
          {name}
        </h1>
        <p class="quiet">
          {[at.title, category, holderWords(at)].filter(Boolean).join(" · ")}
        </p>
      </div>
      <div class="doings" role="toolbar" aria-label={say("thread.actions")}>
        {mayTake.value && <Do id="take" icon="hand" text={say("take.button")} run={take} isMain={at.holder !== "teammate"} />}
        {mayGiveToBot.value && <Do id="bot" icon="bot" text={say("bot.button")} run={giveToBot} />}
        {mayChange.value && <Do id="assign" icon="assign" text={say("assign.button")} run={() => (layer.value = "assign")} />}
        {mayChange.value && <Do id="close" icon="check" text={say("close.button")} run={() => void close()} />}
        <span class="own">
          <button
            type="button"
            class="plain"
            aria-haspopup="menu"
            aria-expanded={isMore}
            aria-label={say("more")}
            title={say("more")}
            onClick={() => (isMore.value = !isMore.value)}
          >
            <Icon name="more" />
          </button>
          {isMore.value && (
            <Menu
              label={say("more")}
              close={() => (isMore.value = false)}
              items={[
                ...(mayRelease.value ? [{ text: say("do.release"), icon: "queue" as const, run: release }] : []),
                ...(mayChange.value ? [{ text: say("do.category"), icon: "inbox" as const, run: () => void (layer.value = "category") }] : []),
                { text: say("do.unread"), icon: "note" as const, run: leaveUnread },
                { text: say(detailsFolded.value ? "details.show" : "details.fold"), icon: "side" as const, run: () => actionOf("details").run() },
              ]}
            />
          )}
        </span>
        <button
          type="button"
          class="plain detailsbutton"
          aria-label={say("details.label")}
          aria-expanded={!detailsFolded.value}
          title={`${say("details.label")} (${shown(keysOf(actionOf("details")))})`}
          onClick={() => foldDetails()}
        >
          <Icon name="side" />
        </button>
      </div>
    </header>
  );
}

function Do(of: { id: string; icon: IconName; text: string; run(): void; isMain?: boolean }) {
  const keys = keysOf(actionOf(of.id));
  return (
    <button
      type="button"
      class={of.isMain ? "main" : ""}
      onClick={of.run}
      title={keys ? `${say(actionOf(of.id).word)} (${shown(keys)})` : say(actionOf(of.id).word)}
      aria-keyshortcuts={keys ? forReaders(keys) : undefined}
    >
      <Icon name={of.icon} />
      <span class={of.isMain ? "" : "doword"}>{of.text}</span>
    </button>
  );
}

export function holderWords(at: Whole): string {
  if (at.holder === "queue") {
    const { position, waitTime } = at.queuePositionInfo;
    if (position < 1) return say("holder.queue");
    const place = say("thread.place", { position });
    return waitTime === null ? place : `${place} · ${say("thread.about", { count: waitTime })}`;
  }
  if (at.holder === "teammate") return say("thread.with", { name: at.assignee ? teammateName(at.assignee.id) : say("somebody") });
  if (at.holder === "bot") return say("holder.bot");
  return say("holder.nobody");
}

/** Whatever stands in the thread, by its time. */
type Entry =
  | { kind: "message"; time: string; message: Message }
  | { kind: "note"; time: string; note: Note }
  | { kind: "system"; time: string; text: string; icon: IconName; id: number };

function entriesOf(at: Whole): Entry[] {
  const first = hasEarlier.value ? (at.messages[0]?.creationTime ?? "") : "";
  const entries: Entry[] = [
    ...at.messages.map((message) => ({ kind: "message" as const, time: message.creationTime, message })),
    ...at.notes.filter((each) => each.creationTime >= first).map((note) => ({ kind: "note" as const, time: note.creationTime, note })),
    ...at.events.filter((each) => each.time >= first).flatMap(systemLine),
  ];
  return entries.sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
}

function systemLine(event: Happening): Entry[] {
  const entry = (icon: IconName, text: string): Entry[] => [{ kind: "system", time: event.time, text, icon, id: event.seq }];
  switch (event.type) {
    case "conversation_takeover_state_changed":
      if (event.isAssignedToBot) return entry("bot", say("line.bot"));
      return event.assigneeId === null
        ? entry("queue", say("line.queued"))
        : entry("hand", say("line.taken", { name: teammateName(event.assigneeId) }));
    case "conversation_assigned":
      return entry("assign", say("line.assigned", { name: teammateName(event.assigneeId) }));
    case "conversation_released":
      return entry("queue", say("line.released"));
    case "conversation_closed":
      return entry("check", say("line.closed"));
    case "conversation_feedback_given":
      return entry("star", say(event.feedback.isPositive ? "line.good" : "line.bad", { text: event.feedback.text ?? "" }));
    case "conversation_details_changed":
      return entry("inbox", say("line.details", { category: categoryName(event.categoryId) ?? say("none") }));
    default:
      return [];
  }
}

function Log({ at }: { at: Whole }) {
  const box = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const isAway = useSignal(false);
  const entries = entriesOf(at);
  const unsent = pending(at.id);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    else isAway.value = true;
  }, [entries.length, unsent.length, at.id]);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return;
    const watch = new ResizeObserver(() => {
      if (isAtEnd.current) element.scrollTop = element.scrollHeight;
    });
    watch.observe(element);
    return () => watch.disconnect();
  }, []);

  async function earlier() {
    const element = box.current;
    const before = element ? element.scrollHeight - element.scrollTop : 0;
    await loadEarlier();
    requestAnimationFrame(() => {
      if (element) element.scrollTop = element.scrollHeight - before;
    });
  }

  return (
    <div class="logbox">
      <div
        class="log"
        ref={box}
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={say("thread.label", { name: at.author.name ?? say("client") })}
        onScroll={(event) => {
          const element = event.currentTarget;
          isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < NEAR_END_PX;
          if (isAtEnd.current) isAway.value = false;
        }}
      >
        {hasEarlier.value && (
          <button type="button" class="earlier" onClick={() => void earlier()}>
            {say("thread.earlier")}
          </button>
        )}
        {at.handover !== null && at.totalMessagesCount === 0 && <HandoverCard at={at} />}
        {entries.map((entry, index) => (
          <Fragment key={keyOf(entry)}>
            {dayOf(entry.time) !== dayOf(entries[index - 1]?.time ?? "") && <DayLine time={entry.time} />}
            {drawn(entry, entries[index - 1], at)}
            {at.handover !== null && isHandover(entry, entries, at) && <HandoverCard at={at} />}
          </Fragment>
        ))}
        {unsent.map((letter) => (
          <Unsent key={letter.key} letter={letter} />
        ))}
        {typists.value
          .filter((each) => each.conversationId === at.id)
          .map((each) => (
            <p class="typing" key={each.userId}>
              {say(each.isByTeam ? "typing.team" : "typing.client", { name: each.name ?? say("client") })}
            </p>
          ))}
      </div>
      {isAway.value && (
        <button
          type="button"
          class="toend"
          onClick={() => {
            const element = box.current;
            if (element) element.scrollTop = element.scrollHeight;
          }}
        >
          <Icon name="down" /> {say("thread.toEnd")}
        </button>
      )}
    </div>
  );
}

function keyOf(entry: Entry): string {
  if (entry.kind === "message") return `m${entry.message.id}`;
  if (entry.kind === "note") return `n${entry.note.id}`;
  return `s${entry.id}`;
}

/** Whether the handover card stands behind this entry: the last one up to the moment of the handover. */
function isHandover(entry: Entry, entries: Entry[], at: Whole): boolean {
  const time = Date.parse(at.handover?.time ?? "");
  const last = entries.findLast((each) => Date.parse(each.time) <= time) ?? entries[0];
  return entry === last;
}

function DayLine({ time }: { time: string }) {
  return (
    <p class="dayline">
      <span>{day(time)}</span>
    </p>
  );
}

function drawn(entry: Entry, before: Entry | undefined, at: Whole): ComponentChildren {
  if (entry.kind === "system")
    return (
      <p class="systemline">
        <Icon name={entry.icon} /> {entry.text} <time dateTime={entry.time}>{clock(entry.time)}</time>
      </p>
    );
  if (entry.kind === "note")
    return (
      <article class="bubble note">
        <header>
          <strong class="notetag">
            <Icon name="note" /> {say("note")}
          </strong>
          <span>{entry.note.author.name ?? say("somebody")}</span>
          <time dateTime={entry.time} title={whole(entry.time)}>
            {clock(entry.time)}
          </time>
        </header>
        <Text text={entry.note.message} />
      </article>
    );
  return (
    <Said
      message={entry.message}
      isContinued={isContinued(entry, before)}
      client={at.author.name}
      mail={at.mail.find((each) => each.messageId === entry.message.id)}
    />
  );
}

function isContinued(entry: Extract<Entry, { kind: "message" }>, before: Entry | undefined): boolean {
  return (
    before?.kind === "message" &&
    before.message.author.id === entry.message.author.id &&
    dayOf(before.time) === dayOf(entry.time) &&
    Date.parse(entry.time) - Date.parse(before.time) < GROUP_WITHIN_MS
  );
}

/** It is given no more than it shows, so that it is not drawn again when something else is said. */
function Said(of: { message: Message; isContinued: boolean; client: string | null; mail: Mail | undefined }) {
  const { message, isContinued } = of;
  const { author } = message;
  const side = author.isBot ? "bot" : author.status === "team" ? "team" : "client";
  const name = author.isBot
    ? (author.name ?? directory.value?.bot.name ?? say("bot"))
    : author.status === "team"
      ? teammateOr(author)
      : (author.name ?? of.client ?? say("client"));
  return (
    <article class={`bubble ${side}${isContinued ? " continued" : ""}`}>
      <header class={isContinued ? "hidden" : ""}>
        {!(author.isBot && name === say("bot")) && <span class="by">{name}</span>}
        {author.isBot && (
          <span class="bottag">
            <Icon name="bot" /> {say("bot")}
          </span>
        )}
        <time dateTime={message.creationTime} title={whole(message.creationTime)}>
          {clock(message.creationTime)}
        </time>
      </header>
      <Text text={message.message} />
      <Mailed mail={of.mail} />
    </article>
  );
}

const MAIL_STATES = { waiting: "mailed.waiting", sent: "mailed.sent", failed: "mailed.failed" } as const;
const MAIL_REASONS = {
  no_address: "mailed.noAddress",
  refused: "mailed.refused",
  gave_up: "mailed.gaveUp",
  off: "mailed.off",
} as const;

/** How a message stands that goes to the client by e-mail, because it was written after closing. */
function Mailed({ mail }: { mail: Mail | undefined }) {
  if (mail === undefined) return null;
  const reason = mail.reason === null ? "" : say(MAIL_REASONS[mail.reason]);
  return (
    <footer class={`mailed ${mail.state}`}>
      <Icon name={mail.state === "failed" ? "warning" : mail.state === "sent" ? "check" : "clock"} />{" "}
      {say(MAIL_STATES[mail.state], { reason })}
    </footer>
  );
}

function teammateOr(author: Message["author"]): string {
  if (author.id === me.value?.id) return say("you.wrote");
  return author.name ?? teammateName(author.id);
}

const LINK = /(https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]])/g;

/** A text as it was written; addresses become links that tell nothing and open elsewhere. */
export function Text({ text }: { text: string }) {
  return (
    <p class="text">
      {text.split(LINK).map((part, index) =>
        index % 2 === 1 ? (
          <a key={index} href={part} target="_blank" rel="noopener noreferrer nofollow">
            {part}
          </a>
        ) : (
          part
        ),
      )}
    </p>
  );
}

function Unsent({ letter }: { letter: Letter }) {
  const isRefused = letter.refusal !== null;
  const state = isRefused ? letter.refusal || say("unsent.old") : line.value === "cut" ? say("unsent.waiting") : say("unsent.sending");
  return (
    <article class={`bubble ${letter.isNote ? "note" : "team"} unsent${isRefused ? " refused" : ""}`}>
      {letter.isNote && (
        <header>
          <strong class="notetag">
            <Icon name="note" /> {say("note")}
          </strong>
        </header>
      )}
      <Text text={letter.text} />
      <footer role={isRefused ? "alert" : undefined}>
        <Icon name={isRefused ? "warning" : "clock"} /> {isRefused ? say("unsent.refused", { reason: state }) : state}
        {isRefused && (
          <>
            <button type="button" class="small" onClick={() => postAgain(letter.key)}>
              {say("again")}
            </button>
            <button type="button" class="small" onClick={() => discard(letter.key)}>
              {say("unsent.discard")}
            </button>
          </>
        )}
      </footer>
    </article>
  );
}

export function HandoverCard({ at }: { at: Whole }) {
  const card = at.handover;
  if (card === null) return null;
  return (
    <section class="handover" aria-label={say("handover.label")}>
      <h2>
        <Icon name="bot" /> {say("handover.label")}
      </h2>
      <dl>
        <dt>{say("handover.why")}</dt>
        <dd>
          {say(`handover.${card.reason}`)}
          {card.detail !== null && `: ${card.detail}`}
        </dd>
        {card.summary !== null && <dt>{say("handover.summary")}</dt>}
        {card.summary !== null && <dd>{card.summary}</dd>}
        <dt>{say("handover.messages")}</dt>
        <dd>{say("handover.count", { count: card.botMessages })}</dd>
        {at.sentiment !== null && <dt>{say("sentiment")}</dt>}
        {at.sentiment !== null && <dd>{say(`sentiment.${at.sentiment}`)}</dd>}
        <dt>{say("handover.time")}</dt>
        <dd>
          {clock(card.time)} ({span((Date.parse(card.time) - Date.parse(at.creationTime)) / 1000)} {say("handover.after")})
        </dd>
      </dl>
    </section>
  );
}

