import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { takeNext } from "../actions";
import { get, LineError, RefusedError } from "../api";
import { categoryName, mayWrite, me, words } from "../desk";
import { heardCount } from "../live";
import { go } from "../places";
import type { Queue, Teammate } from "../shapes";
import { Avatar } from "../parts/Avatar";
import { Icon } from "../parts/icons";
import { span } from "../times";
import { say } from "../words";
import { Plot } from "./Plot";

const EVERY_MS = 10_000;
const APART_MS = 1_500; // between two readings while much happens

export default function QueuePage() {
  const queue = useSignal<Queue | null>(null);
  const failed = useSignal<unknown>(null);
  async function read() {
    try {
      queue.value = await get<Queue>("/agents/queue");
      failed.value = null;
    } catch (error) {
      if (!(error instanceof LineError || error instanceof RefusedError)) throw error;
      failed.value = error;
    }
  }
  useEffect(() => {
    document.title = `${say("rail.queue")} · Parley`;
    void read();
    const timer = setInterval(() => void read(), EVERY_MS);
    return () => clearInterval(timer);
  }, []);
  useEffect(() => {
    const timer = setTimeout(() => void read(), APART_MS);
    return () => clearTimeout(timer);
  }, [heardCount.value]);
  const at = queue.value;
  return (
    <main class="page" data-pane tabIndex={-1}>
      <header class="pagehead">
        <h1>{say("rail.queue")}</h1>
        {mayWrite.value && (
          <button type="button" class="main" onClick={() => void takeNext()}>
            <Icon name="hand" /> {say("do.next")}
          </button>
        )}
      </header>
      {at === null && failed.value !== null && <p role="alert">{words(failed.value)}</p>}
      {at !== null && <Drawn at={at} />}
    </main>
  );
}

function Drawn({ at }: { at: Queue }) {
  const longest = at.waiting[0]?.waitedSeconds ?? null;
  return (
    <>
      <ul class="figures">
        <Figure name={say("queue.waiting")} value={String(at.waitingCount)} />
        <Figure name={say("queue.longest")} value={longest === null ? "–" : span(longest)} />
        <Figure name={say("queue.seats")} value={say("queue.of", { count: at.openChats, seats: at.seats })} />
        <Figure name={say("queue.present")} value={String(at.teammates.filter((each) => each.isPresent).length)} />
      </ul>
      <div class="columns">
        <section class="card">
          <h2>{say("queue.people")}</h2>
          {at.waiting.length === 0 ? <p class="quiet">{say("empty.waiting")}</p> : <People at={at} />}
        </section>
        <section class="card">
          <h2>{say("queue.team")}</h2>
          <ul class="members">
            {at.teammates
              .filter((each) => each.isActive)
              .map((each) => (
                <Member key={each.id} teammate={each} />
              ))}
          </ul>
        </section>
      </div>
      <section class="card">
        <h2>{say("queue.history")}</h2>
        <Plot
          label={say("queue.historyHint")}
          series={[
            { name: say("plot.waiting"), colour: 1 },
            { name: say("plot.arrived"), colour: 2 },
            { name: say("plot.taken"), colour: 3 },
            { name: say("plot.gaveUp"), colour: 4, isDashed: true },
          ]}
          data={[
            at.history.map((each) => Date.parse(each.time) / 1000),
            at.history.map((each) => each.waiting),
            at.history.map((each) => each.arrived),
            at.history.map((each) => each.taken),
            at.history.map((each) => each.gaveUp),
          ]}
        />
      </section>
    </>
  );
}

export function Figure({ name, value, hint }: { name: string; value: string; hint?: string }) {
  return (
    <li class="figure">
      <span class="figurename">{name}</span>
      <strong>{value}</strong>
      {hint !== undefined && <span class="quiet">{hint}</span>}
    </li>
  );
}

function People({ at }: { at: Queue }) {
  return (
    <div class="tablebox" tabIndex={0} role="region" aria-label={say("queue.people")}>
      <table>
        <thead>
          <tr>
            <th scope="col">{say("queue.place")}</th>
            <th scope="col">{say("queue.who")}</th>
            <th scope="col">{say("queue.waited")}</th>
            <th scope="col">{say("queue.expected")}</th>
          </tr>
        </thead>
        <tbody>
          {at.waiting.map(({ conversation, position, waitedSeconds, estimate }) => (
            <tr key={conversation.id}>
              <td>{position}</td>
              <th scope="row">
                <a
                  href={`/inbox/waiting/${conversation.id}`}
                  onClick={(event) => {
                    if (event.metaKey || event.ctrlKey) return;
                    event.preventDefault();
                    go({ page: "inbox", view: "waiting", category: null, id: conversation.id });
                  }}
                >
                  {conversation.author.name ?? conversation.author.email ?? say("client")}
                </a>
                <span class="quiet"> {categoryName(conversation.categoryId) ?? conversation.title ?? ""}</span>
              </th>
              <td>{span(waitedSeconds)}</td>
              <td>{estimate === null ? say("queue.unknown") : say("queue.range", { from: span(estimate.p10), to: span(estimate.p90) })}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Member({ teammate }: { teammate: Teammate }) {
  const share = teammate.seats === 0 ? 0 : Math.min(1, teammate.openChats / teammate.seats);
  return (
    <li>
      <span class="own">
        <Avatar person={{ id: teammate.id, name: teammate.name, isBot: false }} isSmall />
        <span class={`presence ${teammate.isPresent ? teammate.status : "away"}`} aria-hidden="true" />
      </span>
      <span class="grow">
        <strong>{teammate.id === me.value?.id ? `${teammate.name ?? ""} (${say("you")})` : teammate.name}</strong>
        <span class="quiet"> {say(`status.${teammate.status}`)}</span>
      </span>
      <span class="seats">
        <span>{say("assign.chats", { count: teammate.openChats, seats: teammate.seats })}</span>
        <meter min={0} max={1} value={share} aria-label={say("queue.seatsOf", { name: teammate.name ?? "" })} />
      </span>
    </li>
  );
}
