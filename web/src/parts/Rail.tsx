import { useSignal } from "@preact/signals";
import { actionOf, keysOf } from "../actions";
import { isAdmin, me, mayWrite, session, setStatus, signOut, words } from "../desk";
import { shown } from "../keys";
import { layer } from "../layers";
import { tell } from "../notices";
import { waitingCount } from "../outbox";
import { go, place, type Page } from "../places";
import type { Presence } from "../shapes";
import { line } from "../stream";
import { say } from "../words";
import { Avatar } from "./Avatar";
import { Icon, type IconName } from "./icons";
import { Menu } from "./Menu";

const STATUSES: Presence[] = ["online", "busy", "away", "finishing"];

export function Rail() {
  return (
    <nav class="rail" aria-label={say("rail.label")} data-pane>
      <Link page="inbox" icon="inbox" word={say("rail.inbox")} keys="" />
      <Link page="queue" icon="queue" word={say("rail.queue")} keys={keysOf(actionOf("queue"))} />
      <Link page="reports" icon="reports" word={say("rail.reports")} keys={keysOf(actionOf("reports"))} />
      <Link page="settings" icon="settings" word={say("rail.settings")} keys={keysOf(actionOf("settings"))} />
      <span class="spring" />
      <button
        class="railbutton wideonly"
        type="button"
        title={`${say("do.shortcuts")} (${shown(keysOf(actionOf("shortcuts")))})`}
        aria-label={say("do.shortcuts")}
        onClick={() => (layer.value = "shortcuts")}
      >
        <Icon name="keyboard" />
      </button>
      <LineState />
      <Own />
    </nav>
  );
}

function Link({ page, icon, word, keys }: { page: Page; icon: IconName; word: string; keys: string }) {
  const isHere = place.value.page === page;
  return (
    <a
      class="railbutton"
      href={page === "inbox" ? "/inbox/waiting" : `/inbox/${page}`}
      title={keys ? `${word} (${shown(keys)})` : word}
      aria-label={word}
      aria-current={isHere ? "page" : undefined}
      onClick={(event) => {
        if (event.metaKey || event.ctrlKey || event.button !== 0) return;
        event.preventDefault();
        go(page === "inbox" ? { page, id: null } : { page, part: "" });
      }}
    >
      <Icon name={icon} />
      <span class="railword">{word}</span>
    </a>
  );
}

/** A dot with words: the line, and how many messages wait for it. */
function LineState() {
  const waits = waitingCount.value;
  const state = line.value === "open" ? say("line.open") : line.value === "cut" ? say("line.cut") : say("line.connecting");
  const text = waits > 0 && line.value !== "open" ? `${state} ${say("line.waiting", { count: waits })}` : state;
  return (
    <span class={`linestate ${line.value}`} role="status" title={text}>
      <span class="dot" aria-hidden="true" />
      <span class="hidden">{text}</span>
    </span>
  );
}

function Own() {
  const isOpen = useSignal(false);
  const teammate = me.value;
  if (teammate === null) return null;
  const status = say(`status.${teammate.status}`);
  return (
    <div class="own">
      <button
        class="railbutton"
        type="button"
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={say("own.label", { name: teammate.name ?? "", status })}
        title={`${teammate.name ?? ""} · ${status}`}
        onClick={() => (isOpen.value = !isOpen.value)}
      >
        <Avatar person={{ id: teammate.id, name: teammate.name, isBot: false }} isSmall />
        <span class={`presence ${teammate.status}`} aria-hidden="true" />
      </button>
      {isOpen.value && (
        <Menu
          label={say("own.menu")}
          close={() => (isOpen.value = false)}
          head={`${teammate.name ?? teammate.email ?? ""} · ${session.value?.community.name ?? ""}`}
          items={[
            ...(mayWrite.value
              ? STATUSES.map((each) => ({
                  text: say(`status.${each}`),
                  isChosen: teammate.status === each,
                  run: () => void setStatus(each).catch((error: unknown) => tell(words(error), true)),
                }))
              : []),
            { text: say("own.out"), icon: "out" as const, run: () => void signOut().catch((error: unknown) => tell(words(error), true)) },
          ]}
        />
      )}
    </div>
  );
}

export { isAdmin };
