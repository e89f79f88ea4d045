import { useSignal } from "@preact/signals";
import { detailsFolded, foldDetails, mayChange, patch } from "../actions";
import { categoryName, directory, me, teammateName } from "../desk";
import { go } from "../places";
import type { FieldDefinition, Happening, Whole } from "../shapes";
import { talk } from "../talk";
import { age, clock, span, whole } from "../times";
import { say, sentence, type Word } from "../words";
import { Avatar } from "./Avatar";
import { Icon } from "./icons";

export function Details() {
  const at = talk.value;
  if (detailsFolded.value || at === null) return null;
  return (
    <aside class="details" aria-label={say("details.label")} data-pane>
      <header class="listhead">
        <h2 class="panehead">{say("details.label")}</h2>
        <button type="button" class="plain" aria-label={say("details.fold")} onClick={() => foldDetails(true)}>
          <Icon name="close" />
        </button>
      </header>
      <div class="detailsbody" tabIndex={0} role="group" aria-label={say("details.label")}>
        <Customer at={at} />
        <About at={at} key={at.id} />
        <Why at={at} />
        <Earlier at={at} />
        <Log at={at} />
      </div>
    </aside>
  );
}

function Customer({ at }: { at: Whole }) {
  return (
    <section>
      <div class="customer">
        <Avatar person={at.author} />
        <div>
          <strong>{at.author.name ?? say("client")}</strong>
          {at.author.email !== null && <a href={`mailto:${at.author.email}`}>{at.author.email}</a>}
        </div>
      </div>
      <dl class="facts">
        {at.author.customIdentifier !== null && <Fact name={say("details.identifier")}>{at.author.customIdentifier}</Fact>}
        {at.sentiment !== null && <Fact name={say("sentiment")}>{say(`sentiment.${at.sentiment}`)}</Fact>}
        <Fact name={say("details.started")}>{whole(at.creationTime)}</Fact>
        {at.initialPageUrl !== null && <Page name={say("details.firstPage")} url={at.initialPageUrl} />}
        {at.latestPageUrl !== null && <Page name={say("details.latestPage")} url={at.latestPageUrl} />}
        {at.feedback !== null && (
          <Fact name={say("details.feedback")}>
            {say(at.feedback.isPositive ? "feedback.good" : "feedback.bad")}
            {at.feedback.text ? `: ${at.feedback.text}` : ""}
          </Fact>
        )}
      </dl>
    </section>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

function Page({ name, url }: { name: string; url: string }) {
  const isSafe = /^https?:\/\//i.test(url);
  const words = url.replace(/^https?:\/\//i, "");
  return (
    <Fact name={name}>
      {isSafe ? (
        <a href={url} target="_blank" rel="noopener noreferrer nofollow">
          {words}
        </a>
      ) : (
        words
      )}
    </Fact>
  );
}

/** Title, category and custom fields, each with the editor that its type needs. */
function About({ at }: { at: Whole }) {
  const fields = directory.value?.fields ?? [];
  const may = mayChange.value;
  return (
    <section>
      <h3>{say("details.about")}</h3>
      <label>
        {say("details.title")}
        <Saved value={at.title ?? ""} isOff={!may} save={(title) => patch({ title: title.trim() === "" ? null : title.trim() })} />
      </label>
      <label>
        {say("details.category")}
        <select
          disabled={!may}
          value={at.categoryId ?? ""}
          onChange={(event) => void patch({ categoryId: event.currentTarget.value === "" ? null : Number(event.currentTarget.value) })}
        >
          <option value="">{say("none")}</option>
          {(directory.value?.categories ?? []).map((each) => (
            <option key={each.id} value={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </label>
      {fields.map((field) => (
        <Field key={field.id} field={field} at={at} isOff={!may} />
      ))}
    </section>
  );
}

function Field({ field, at, isOff }: { field: FieldDefinition; at: Whole; isOff: boolean }) {
  const value = at.fields.find((each) => each.id === field.id)?.value ?? "";
  const save = (text: string) => patch({ fields: [{ id: field.id, value: text === "" ? null : text }] });
  if (field.choices.length > 0 || field.type === "boolean")
    return (
      <label>
        {field.name}
        <select disabled={isOff} value={value} onChange={(event) => void save(event.currentTarget.value)}>
          {!field.isRequired && <option value="">{say("none")}</option>}
          {(field.choices.length > 0 ? field.choices : ["true", "false"]).map((each) => (
            <option key={each} value={each}>
              {field.choices.length > 0 ? each : say(each === "true" ? "yes" : "no")}
            </option>
          ))}
        </select>
      </label>
    );
  const type = ({ number: "number", date: "date", email: "email", url: "url" } as Record<string, string>)[field.type] ?? "text";
  return (
    <label>
      {field.name}
      <Saved value={value} type={type} isOff={isOff} save={save} />
    </label>
  );
}

/** A field that is saved when it is left or on Enter; Esc takes back. */
function Saved(of: { value: string; type?: string; isOff: boolean; save(text: string): Promise<boolean> }) {
  const text = useSignal<string | null>(null);
  const save = async () => {
    if (text.value === null || text.value === of.value) return;
    if (await of.save(text.value)) text.value = null;
  };
  return (
    <input
      type={of.type ?? "text"}
      disabled={of.isOff}
      value={text.value ?? of.value}
      onInput={(event) => (text.value = event.currentTarget.value)}
      onBlur={() => void save()}
      onKeyDown={(event) => {
        if (event.key === "Enter") void save();
        if (event.key === "Escape") text.value = null;
      }}
    />
  );
}

const PASSED_OVER = ["full", "busy", "finishing", "away", "gone"] as const;

/** Why it was assigned, in whole sentences. */
function Why({ at }: { at: Whole }) {
  const why = at.assignment;
  if (why === null) return null;
  const grounds = why.details;
  const who = whoIs(why.assigneeId);
  const name = teammateName(why.assigneeId);
  return (
    <section>
      <h3>{say("why.label")}</h3>
      <p>
        {sentence(say(`why.${why.reason}`, { who, name }))}
        {why.by !== null && why.reason === "assigned" ? ` ${say("why.by", { who: whoIs(why.by.id), name: teammateName(why.by.id) })}` : ""}
      </p>
      {grounds !== null && (
        <ul class="reasons">
          {grounds.waitedSeconds !== null && <li>{say("why.waited", { time: span(grounds.waitedSeconds) })}</li>}
          {grounds.openChats !== null && <li>{sentence(say("why.chats", { who, name, count: grounds.openChats, seats: grounds.seats ?? 0 }))}</li>}
          {grounds.candidates !== null && <li>{say("why.candidates", { count: grounds.candidates })}</li>}
          {PASSED_OVER.map((reason) => {
            const count = grounds.passedOver?.[reason] ?? 0;
            return count > 0 && <li key={reason}>{say(`why.${reason}`, { count })}</li>;
          })}
        </ul>
      )}
      <p class="quiet">{whole(why.time)}</p>
    </section>
  );
}

/** How a message is chosen about oneself or about somebody else. */
function whoIs(teammateId: string | null): "me" | "other" {
  return teammateId === me.value?.id ? "me" : "other";
}

function Earlier({ at }: { at: Whole }) {
  if (at.earlier.length === 0) return null;
  return (
    <section>
      <h3>{say("details.earlier")}</h3>
      <ul class="earlierlist">
        {at.earlier.map((each) => (
          <li key={each.id}>
            <a
              href={`/inbox/open/${each.id}`}
              onClick={(event) => {
                if (event.metaKey || event.ctrlKey) return;
                event.preventDefault();
                go({ id: each.id });
              }}
            >
              <span class="rowtext">{each.title ?? each.lastMessage?.text ?? `#${each.id}`}</span>
              <span class="quiet">
                {say(`holder.${each.holder}`)} · {age(each.lastModifiedTime)}
              </span>
            </a>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What can happen to a conversation. Of what a later server tells, only that it happened is said. */
const EVENTS: Partial<Record<Happening["type"], Word>> = {
  conversation_created: "event.created",
  conversation_message_added: "event.message",
  conversation_history_imported: "event.imported",
  conversation_takeover_state_changed: "event.takeover",
  conversation_assigned: "event.assigned",
  conversation_released: "event.released",
  conversation_closed: "event.closed",
  conversation_feedback_given: "event.feedback",
  conversation_latest_url_changed: "event.page",
  conversation_details_changed: "event.details",
  conversation_note_added: "event.note",
  mail_sent: "event.mailed",
  mail_failed: "event.notMailed",
};

function Log({ at }: { at: Whole }) {
  return (
    <details>
      <summary>{say("details.log")}</summary>
      <ol class="eventlog">
        {at.events.map((each) => (
          <li key={each.seq}>
            <time dateTime={each.time}>{clock(each.time)}</time> {say(EVENTS[each.type] ?? "event.other")}
            {each.type === "conversation_details_changed" && `: ${categoryName(each.categoryId) ?? say("none")}`}
            {(each.type === "conversation_assigned" || each.type === "conversation_takeover_state_changed") &&
              each.assigneeId !== null &&
              `: ${teammateName(each.assigneeId)}`}
          </li>
        ))}
      </ol>
    </details>
  );
}
