import { actionOf, keysOf, viewsFolded } from "../actions";
import { countOf, directory } from "../desk";
import { shown } from "../keys";
import { go, place, VIEWS, write, type Place } from "../places";
import type { ViewId } from "../shapes";
import { span } from "../times";
import { say } from "../words";

const SHORTCUTS: Record<ViewId, string> = { waiting: "waiting", mine: "mine", bot: "bot-view", open: "all", closed_today: "closed" };

export function Views() {
  if (viewsFolded.value) return null;
  const categories = directory.value?.categories ?? [];
  return (
    <nav class="views" aria-label={say("views.label")} data-pane>
      <h2 class="panehead">{say("rail.inbox")}</h2>
      <ul>
        {VIEWS.map((view) => (
          <Entry
            key={view}
            to={{ ...place.value, page: "inbox", view, category: null, id: null }}
            isHere={place.value.category === null && place.value.view === view}
            name={say(`view.${view}`)}
            keys={keysOf(actionOf(SHORTCUTS[view]))}
            count={countOf(view)?.count ?? null}
            wait={countOf(view)?.longestWait ?? null}
          />
        ))}
      </ul>
      {categories.length > 0 && <h3>{say("views.categories")}</h3>}
      {categories.length > 0 && (
        <ul>
          {categories.map((each) => (
            <Entry
              key={each.id}
              to={{ ...place.value, page: "inbox", view: "open", category: each.id, id: null }}
              isHere={place.value.category === each.id}
              name={each.name}
              keys=""
              count={null}
              wait={null}
            />
          ))}
        </ul>
      )}
    </nav>
  );
}

function Entry(of: { to: Place; isHere: boolean; name: string; keys: string; count: number | null; wait: number | null }) {
  return (
    <li>
      <a
        href={write(of.to)}
        title={of.keys ? `${of.name} (${shown(of.keys)})` : of.name}
        aria-current={of.isHere ? "page" : undefined}
        onClick={(event) => {
          if (event.metaKey || event.ctrlKey || event.button !== 0) return;
          event.preventDefault();
          go(of.to);
        }}
      >
        <span class="grow">{of.name}</span>
        {of.wait !== null && of.count !== null && of.count > 0 && <span class={`wait${of.wait >= 600 ? " red" : of.wait >= 300 ? " amber" : ""}`}>{span(of.wait)}</span>}
        {of.count !== null && <span class="count">{of.count}</span>}
      </a>
    </li>
  );
}
