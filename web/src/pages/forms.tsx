import { useSignal } from "@preact/signals";
import type { ComponentChildren, FunctionComponent } from "preact";
import { ask } from "../api";
import { loadDirectory, me, words } from "../desk";
import { tell } from "../notices";
import { Icon } from "../parts/icons";
import type { FieldDefinition, Teammate } from "../shapes";
import { whole } from "../times";
import { say, type Word } from "../words";

interface Given {
  found: unknown;
  again(): void;
}

type Named = { id: number; name: string };

/** A list, whether it comes bare or as a page of items. */
function listed<T>(found: unknown): T[] {
  return Array.isArray(found) ? (found as T[]) : ((found as { items?: T[] } | null)?.items ?? []);
}

async function done(work: Promise<unknown>, again: () => void): Promise<boolean> {
  try {
    await work;
    tell(say("saved"));
    again();
    void loadDirectory();
    return true;
  } catch (error) {
    tell(words(error), true);
    return false;
  }
}

/** A form with one button; what is in it goes to `send` as text by name. */
function Form(of: { word: string; children: ComponentChildren; send(values: Record<string, string>): Promise<boolean> }) {
  return (
    <form
      class="form"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        const values = Object.fromEntries([...new FormData(form)].map(([name, value]) => [name, String(value)]));
        void of.send(values).then((isDone) => isDone && form.reset());
      }}
    >
      {of.children}
      <button type="submit" class="main">
        {of.word}
      </button>
    </form>
  );
}

function Teammates({ found, again }: Given) {
  const change = (id: string, body: object) => void done(ask("PATCH", `/agents/admin/teammates/${id}`, { body }), again);
  return (
    <>
      <section class="card">
        <div class="tablebox" tabIndex={0} role="region" aria-label={say("admin.teammates")}>
          <table>
            <thead>
              <tr>
                <th scope="col">{say("admin.name")}</th>
                <th scope="col">{say("admin.role")}</th>
                <th scope="col">{say("admin.seats")}</th>
                <th scope="col">{say("admin.active")}</th>
              </tr>
            </thead>
            <tbody>
              {listed<Teammate>(found).map((each) => (
                <tr key={each.id}>
                  <th scope="row">
                    {each.name}
                    <span class="quiet"> {each.email}</span>
                  </th>
                  <td>
                    <select
                      aria-label={`${say("admin.role")}: ${each.name ?? ""}`}
                      value={each.role}
                      disabled={each.id === me.value?.id}
                      onChange={(event) => change(each.id, { role: event.currentTarget.value })}
                    >
                      <Roles />
                    </select>
                  </td>
                  <td>
                    <input
                      type="number"
                      min={0}
                      max={100}
                      class="short"
                      aria-label={`${say("admin.seats")}: ${each.name ?? ""}`}
                      value={each.seats}
                      onChange={(event) => change(each.id, { seats: Number(event.currentTarget.value) })}
                    />
                  </td>
                  <td>
                    <input
                      type="checkbox"
                      aria-label={`${say("admin.active")}: ${each.name ?? ""}`}
                      checked={each.isActive}
                      disabled={each.id === me.value?.id}
                      onChange={(event) => change(each.id, { isActive: event.currentTarget.checked })}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </section>
      <section class="card">
        <h2>{say("admin.addTeammate")}</h2>
        <Form word={say("add")} send={(body) => done(ask("POST", "/agents/admin/teammates", { body }), again)}>
          <Input name="name" word={say("admin.name")} />
          <Input name="email" word={say("signin.email")} type="email" />
          <label>
            {say("admin.role")}
            <select name="role" defaultValue="agent">
              <Roles />
            </select>
          </label>
          <p class="quiet">{say("admin.passwordHint")}</p>
        </Form>
      </section>
    </>
  );
}

function Roles() {
  return (
    <>
      <option value="admin">{say("role.admin")}</option>
      <option value="agent">{say("role.agent")}</option>
      <option value="read_only">{say("role.read_only")}</option>
    </>
  );
}

function Input(of: { name: string; word: string; type?: string; isOptional?: boolean; value?: string }) {
  return (
    <label>
      {of.word}
      <input name={of.name} type={of.type ?? "text"} required={!of.isOptional} defaultValue={of.value ?? ""} autocomplete="off" />
    </label>
  );
}

/** Names that can be changed where they stand, and one more added. */
function names(path: string, more: (values: Record<string, string>) => object): FunctionComponent<Given> {
  return function Names({ found, again }: Given) {
    return (
      <section class="card">
        <ul class="things">
          {listed<Named & Partial<FieldDefinition>>(found).map((each) => (
            <li key={each.id}>
              <input
                class="grow"
                aria-label={`${say("admin.name")}: ${each.name}`}
                defaultValue={each.name}
                onChange={(event) => void done(ask("PATCH", `${path}/${each.id}`, { body: { name: event.currentTarget.value } }), again)}
              />
              {each.type !== undefined && (
                <span class="quiet">
                  {say(`type.${each.type}`)}
                  {each.isRequired ? ` · ${say("admin.required")}` : ""}
                  {each.choices?.length ? ` · ${each.choices.join(", ")}` : ""}
                </span>
              )}
            </li>
          ))}
        </ul>
        <Form word={say("add")} send={(values) => done(ask("POST", path, { body: more(values) }), again)}>
          <Input name="name" word={say("admin.name")} />
          {path.endsWith("/fields") && (
            <>
              <label>
                {say("admin.type")}
                <select name="type" defaultValue="text">
                  {TYPES.map((each) => (
                    <option key={each} value={each}>
                      {say(`type.${each}`)}
                    </option>
                  ))}
                </select>
              </label>
              <Input name="choices" word={say("admin.choices")} isOptional />
              <label class="choice">
                <input type="checkbox" name="isRequired" /> {say("admin.required")}
              </label>
            </>
          )}
        </Form>
      </section>
    );
  };
}

const TYPES = ["text", "number", "boolean", "date", "choice", "email", "url"] as const;

function Routing({ found, again }: Given) {
  const at = found as { mode: string; returnAfterSeconds: number };
  const put = (body: object) => void done(ask("PUT", "/agents/admin/routing", { body: { ...at, ...body } }), again);
  return (
    <section class="card form">
      <fieldset>
        <legend>{say("routing.mode")}</legend>
        {["manual", "automatic"].map((each) => (
          <label class="choice" key={each}>
            <input type="radio" name="mode" checked={at.mode === each} onChange={() => put({ mode: each })} />
            <span>
              {say(each === "manual" ? "routing.manual" : "routing.automatic")}
              <span class="quiet block">{say(each === "manual" ? "routing.manualHint" : "routing.automaticHint")}</span>
            </span>
          </label>
        ))}
      </fieldset>
      <label>
        {say("routing.return")}
        <input
          type="number"
          class="short"
          min={0}
          max={86_400}
          required
          value={at.returnAfterSeconds}
          onChange={(event) => event.currentTarget.checkValidity() && put({ returnAfterSeconds: event.currentTarget.valueAsNumber })}
        />
      </label>
    </section>
  );
}

function Mail({ found, again }: Given) {
  const at = found as { sender: string | null };
  return (
    <section class="card">
      <p class="quiet">{say("mail.hint")}</p>
      <Form word={say("save")} send={(values) => done(ask("PUT", "/agents/admin/mail", { body: { sender: values.sender || null } }), again)}>
        <label>
          {say("mail.sender")}
          <input name="sender" defaultValue={at.sender ?? ""} />
        </label>
      </Form>
    </section>
  );
}

/** What is there, member by member: for parts that are changed by command. */
function Facts({ found }: { found: unknown }) {
  const members = Object.entries((found ?? {}) as Record<string, unknown>);
  return (
    <dl class="facts wide">
      {members.map(([name, value]) => (
        <>
          <dt>{name}</dt>
          <dd>{value === null ? "–" : Array.isArray(value) ? value.join(", ") : String(value)}</dd>
        </>
      ))}
    </dl>
  );
}

const KINDS = ["webhook", "openai", "rasa", "none"];

function Bot({ found, again }: Given) {
  const secret = useSignal<string | null>(null);
  const at = found as Record<string, unknown> | null;
  async function set(values: Record<string, string>): Promise<boolean> {
    const given = Object.entries(values).filter(([, value]) => value !== "");
    const body = Object.fromEntries(given.map(([name, value]) => [name, name === "silenceSeconds" ? Number(value) : value]));
    const work = ask<{ secret: string | null }>("PUT", "/agents/admin/bot", { body });
    return done(work.then((made) => (secret.value = made.secret)), again);
  }
  const now = (name: string) => (at === null || at[name] === null ? "" : String(at[name] ?? ""));
  return (
    <>
      <section class="card">
        {secret.value !== null && <Once word={say("webhooks.secret")} secret={secret.value} />}
        {at === null ? <p class="quiet">{say("bot.none")}</p> : <Facts found={found} />}
        {at !== null && (
          <button type="button" onClick={() => void done(ask("DELETE", "/agents/admin/bot"), again)}>
            {say("remove")}
          </button>
        )}
      </section>
      <section class="card">
        <h2>{say("bot.set")}</h2>
        <Form word={say("save")} send={set}>
          <label>
            {say("bot.kind")}
            <select name="kind" defaultValue={now("kind") || "webhook"}>
              {KINDS.map((each) => (
                <option key={each} value={each}>
                  {say(`bot.kind.${each}` as Word)}
                </option>
              ))}
            </select>
          </label>
          <Input name="url" word={say("webhooks.url")} type="url" isOptional value={now("url")} />
          <Input name="model" word={say("bot.model")} isOptional value={now("model")} />
          <Input name="prompt" word={say("bot.prompt")} isOptional value={now("prompt")} />
          <Input name="key" word={say("bot.key")} type="password" isOptional />
          <Input name="silenceSeconds" word={say("bot.silence")} type="number" isOptional value={now("silenceSeconds")} />
          <Input name="farewell" word={say("bot.farewell")} isOptional value={now("farewell")} />
        </Form>
      </section>
    </>
  );
}

interface Hook {
  id: number;
  url: string;
  status: string;
  eventTypes: string[];
}

function Webhooks({ found, again }: Given) {
  const secret = useSignal<string | null>(null);
  async function add(values: Record<string, string>): Promise<boolean> {
    const body = { url: values.url, verifyToken: values.verifyToken };
    return done(
      ask<{ secret?: string }>("POST", "/agents/admin/webhooks", { body }).then((made) => (secret.value = made.secret ?? null)),
      again,
    );
  }
  return (
    <section class="card">
      {secret.value !== null && <Once word={say("webhooks.secret")} secret={secret.value} />}
      <ul class="things">
        {listed<Hook>(found).map((each) => (
          <li key={each.id}>
            <span class="grow">
              <strong>{each.url}</strong>
              <span class="quiet block">
                {each.status} · {each.eventTypes.join(", ")}
              </span>
            </span>
          </li>
        ))}
      </ul>
      <Form word={say("add")} send={add}>
        <Input name="url" word={say("webhooks.url")} type="url" />
        <Input name="verifyToken" word={say("webhooks.verifyToken")} />
      </Form>
    </section>
  );
}

function Tokens({ found, again }: Given) {
  const secret = useSignal<string | null>(null);
  async function add(body: Record<string, string>): Promise<boolean> {
    return done(
      ask<{ refreshToken?: string }>("POST", "/agents/admin/tokens", { body }).then((made) => (secret.value = made.refreshToken ?? null)),
      again,
    );
  }
  return (
    <section class="card">
      {secret.value !== null && <Once word={say("tokens.secret")} secret={secret.value} />}
      <ul class="things">
        {listed<{ name: string; scope?: string; createdTime?: string; creationTime?: string }>(found).map((each) => (
          <li key={each.name}>
            <span class="grow">
              <strong>{each.name}</strong>
              <span class="quiet block">
                {[each.scope, each.creationTime ? whole(each.creationTime) : null].filter(Boolean).join(" · ")}
              </span>
            </span>
            <button
              type="button"
              class="small"
              aria-label={`${say("tokens.revoke")} ${each.name}`}
              onClick={() => void done(ask("DELETE", `/agents/admin/tokens/${encodeURIComponent(each.name)}`), again)}
            >
              {say("tokens.revoke")}
            </button>
          </li>
        ))}
      </ul>
      <Form word={say("add")} send={add}>
        <Input name="name" word={say("admin.name")} />
      </Form>
    </section>
  );
}

/** A secret that is shown this one time. */
function Once({ word, secret }: { word: string; secret: string }) {
  return (
    <p class="once" role="status">
      <Icon name="warning" /> {word}
      <code tabIndex={0}>{secret}</code>
      <button type="button" class="small" onClick={() => void navigator.clipboard.writeText(secret)}>
        {say("copy")}
      </button>
    </p>
  );
}

function fieldOf(values: Record<string, string>): object {
  const choices = (values.choices ?? "").split(",").map((each) => each.trim()).filter(Boolean);
  return { name: values.name, type: values.type, isRequired: values.isRequired === "on", ...(choices.length > 0 ? { choices } : {}) };
}

export const DRAWN: Record<string, FunctionComponent<Given>> = {
  teammates: Teammates,
  categories: names("/agents/admin/categories", (values) => ({ name: values.name })),
  fields: names("/agents/admin/fields", fieldOf),
  routing: Routing,
  mail: Mail,
  bot: Bot,
  webhooks: Webhooks,
  tokens: Tokens,
};
