import { useEffect } from "preact/hooks";
import { enterSends } from "../actions";
import { isAdmin } from "../desk";
import { look, type Look } from "../look";
import { ShortcutTable } from "../parts/Shortcuts";
import { go, place } from "../places";
import { chosen, LANGUAGES, say, speak, type Language, type Word } from "../words";
import { Admin, ADMIN_PARTS } from "./Admin";
import { Replies } from "./Replies";

const LOOKS: Look[] = ["system", "light", "dark"];

export default function SettingsPage() {
  const parts: { id: string; word: Word }[] = [
    { id: "", word: "settings.mine" },
    { id: "shortcuts", word: "shortcuts.label" },
    { id: "replies", word: "replies.label" },
    ...(isAdmin.value ? ADMIN_PARTS : []),
  ];
  const here = parts.find((each) => each.id === place.value.part) ?? parts[0];
  useEffect(() => {
    document.title = `${say("rail.settings")} · Parley`;
  }, []);
  return (
    <div class="settings">
      <nav class="views" aria-label={say("rail.settings")} data-pane>
        <h2 class="panehead">{say("rail.settings")}</h2>
        <ul>
          {parts.map((each) => (
            <li key={each.id}>
              <a
                href={`/inbox/settings${each.id ? `/${each.id}` : ""}`}
                aria-current={each.id === here?.id ? "page" : undefined}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey) return;
                  event.preventDefault();
                  go({ page: "settings", part: each.id });
                }}
              >
                {say(each.word)}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <main class="page" data-pane tabIndex={-1}>
        <h1>{say(here?.word ?? "settings.mine")}</h1>
        {here?.id === "" && <Mine />}
        {here?.id === "shortcuts" && (
          <section class="card">
            <ShortcutTable />
          </section>
        )}
        {here?.id === "replies" && <Replies />}
        {here !== undefined && ADMIN_PARTS.some((each) => each.id === here.id) && <Admin key={here.id} part={here.id} />}
      </main>
    </div>
  );
}

function Mine() {
  return (
    <section class="card form">
      <label>
        {say("settings.language")}
        <select
          value={chosen.value ?? ""}
          onChange={(event) => {
            chosen.value = event.currentTarget.value === "" ? null : (event.currentTarget.value as Language);
            void speak();
          }}
        >
          <option value="">{say("settings.asBrowser")}</option>
          {LANGUAGES.map((each) => (
            <option key={each.id} value={each.id} lang={each.id}>
              {each.name}
            </option>
          ))}
        </select>
      </label>
      <label>
        {say("settings.look")}
        <select value={look.value} onChange={(event) => (look.value = event.currentTarget.value as Look)}>
          {LOOKS.map((each) => (
            <option key={each} value={each}>
              {say(`look.${each}` as Word)}
            </option>
          ))}
        </select>
      </label>
      <label class="choice">
        <input type="checkbox" checked={enterSends.value} onChange={(event) => (enterSends.value = event.currentTarget.checked)} />
        {say("settings.enterSends")}
      </label>
      <p class="quiet">{say("settings.keptHere")}</p>
    </section>
  );
}
