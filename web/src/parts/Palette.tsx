import { useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { ACTIONS, assign, keysOf, patch, type Action } from "../actions";
import { get, LineError, RefusedError } from "../api";
import { clientName, directory, loadDirectory, me } from "../desk";
import { shown } from "../keys";
import { layer, meant, type Layer } from "../layers";
import { rows } from "../lists";
import { go } from "../places";
import { selectedCount } from "../selection";
import type { Row, RowPage } from "../shapes";
import { assignTo, doTogether, putInto } from "../together";
import { say, type Word } from "../words";
import { Avatar } from "./Avatar";
import { Dialog } from "./Dialog";
import { Icon, type IconName } from "./icons";

const ASK_AFTER_MS = 200;

interface Choice {
  id: string;
  text: string;
  side: string;
  keys: string;
  row?: Row;
  run(): void;
}

type Kind = Exclude<Layer, "shortcuts" | "sure" | null>;

/** Any action, any conversation; or whom to assign to, or which category: all chosen in one manner. */
export function Palette({ kind }: { kind: Kind }) {
  const text = useSignal("");
  const at = useSignal(0);
  const found = useSignal<Row[]>([]);
  const list = useRef<HTMLUListElement>(null);
  useEffect(() => {
    if (kind === "assign" || kind === "assign-several") void loadDirectory().catch(() => undefined); // who has how many chats, as it is now
  }, [kind]);
  useEffect(() => {
    if (kind !== "palette" || text.value.trim().length < 2) {
      found.value = [];
      return;
    }
    const stop = new AbortController();
    const timer = setTimeout(() => {
      const asking = new URLSearchParams({ q: text.value.trim(), take: "8" });
      get<RowPage>(`/agents/conversations?${asking}`, stop.signal)
        .then((page) => (found.value = page.items))
        .catch((error: unknown) => {
          if (!(error instanceof LineError || error instanceof RefusedError || stop.signal.aborted)) throw error;
        });
    }, ASK_AFTER_MS);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [text.value, kind]);

  const all = kind === "palette" ? [...commands(), ...talks(found.value, text.value)] : choicesOf(kind);
  const wanted = text.value.trim().toLowerCase();
  const shownChoices = all.filter((each) => each.row !== undefined || each.text.toLowerCase().includes(wanted)).slice(0, 40);
  const chosen = Math.min(at.value, Math.max(0, shownChoices.length - 1));
  const label = say(LABELS[kind], { count: meant.value.length, name: meant.value.map(clientName)[0] ?? "" });

  function choose(choice: Choice | undefined) {
    if (choice === undefined) return;
    layer.value = null;
    queueMicrotask(choice.run); // once the dialog has given the focus back, so that an action may move it
  }

  return (
    <Dialog label={label} close={() => (layer.value = null)} isTop>
      <input
        class="paletteinput"
        role="combobox"
        aria-expanded="true"
        aria-controls="palette-list"
        aria-activedescendant={shownChoices.length > 0 ? `choice-${chosen}` : undefined}
        aria-label={label}
        placeholder={label}
        value={text}
        onInput={(event) => {
          text.value = event.currentTarget.value;
          at.value = 0;
        }}
        onKeyDown={(event) => {
          const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
          if (step !== undefined) {
            event.preventDefault();
            at.value = (chosen + step + shownChoices.length) % Math.max(1, shownChoices.length);
            requestAnimationFrame(() => list.current?.querySelector("[aria-selected='true']")?.scrollIntoView({ block: "nearest" }));
          } else if (event.key === "Enter") {
            event.preventDefault();
            choose(shownChoices[chosen]);
          }
        }}
      />
      <ul class="choices" role="listbox" id="palette-list" aria-label={label} ref={list}>
        {shownChoices.map((each, index) => (
          <li key={each.id} id={`choice-${index}`} role="option" aria-selected={index === chosen} onClick={() => choose(each)}>
            {each.row ? <Avatar person={each.row.author} isSmall /> : <Icon name={ICONS[kind]} />}
            <span class="grow">{each.text}</span>
            {each.side !== "" && <span class="quiet">{each.side}</span>}
            {each.keys !== "" && <kbd>{shown(each.keys)}</kbd>}
          </li>
        ))}
      </ul>
      {shownChoices.length === 0 && <p class="quiet choicesnone">{say("palette.none")}</p>}
    </Dialog>
  );
}

const ICONS: Record<Kind, IconName> = {
  palette: "keyboard",
  assign: "person",
  category: "inbox",
  "assign-several": "person",
  "category-several": "inbox",
};

const LABELS: Record<Kind, Word> = {
  palette: "palette.label",
  assign: "assign.label",
  category: "category.label",
  "assign-several": "several.assignLabel",
  "category-several": "several.categoryLabel",
};

function choicesOf(kind: Exclude<Kind, "palette">): Choice[] {
  switch (kind) {
    case "assign":
      return people((id) => void assign(id));
    case "assign-several":
      return people((id) => void doTogether(assignTo(id), meant.value));
    case "category":
      return categories((categoryId) => void patch({ categoryId }));
    case "category-several":
      return categories((categoryId) => void doTogether(putInto(categoryId), meant.value));
  }
}

function commands(): Choice[] {
  return ACTIONS.filter((each: Action) => each.id !== "palette" && (each.may?.() ?? true)).map((each) => ({
    id: each.id,
    text: say(each.word),
    side: each.isForSelection && selectedCount.value > 0 ? say("selection.count", { count: selectedCount.value }) : "",
    keys: keysOf(each),
    run: each.run,
  }));
}

function talks(found: Row[], text: string): Choice[] {
  const words = text.trim().toLowerCase();
  const near = rows.value.filter((each) => words !== "" && (each.author.name ?? "").toLowerCase().includes(words)).slice(0, 5);
  const all = new Map([...near, ...found].map((each) => [each.id, each]));
  return [...all.values()].map((row) => ({
    id: `talk-${row.id}`,
    text: `${clientName(row)} · ${row.title ?? row.lastMessage?.text.slice(0, 60) ?? ""}`,
    side: say(`holder.${row.holder}`),
    keys: "",
    row,
    run: () => go({ page: "inbox", id: row.id }),
  }));
}

function people(choose: (id: string) => void): Choice[] {
  const all = (directory.value?.teammates ?? []).filter((each) => each.isActive && each.role !== "read_only");
  return all
    .toSorted((a, b) => Number(b.id === me.value?.id) - Number(a.id === me.value?.id) || (a.name ?? "").localeCompare(b.name ?? ""))
    .map((each) => ({
      id: each.id,
      text: each.id === me.value?.id ? `${each.name ?? ""} (${say("you")})` : (each.name ?? each.email ?? ""),
      side: `${say(`status.${each.status}`)} · ${say("assign.chats", { count: each.openChats, seats: each.seats })}`,
      keys: "",
      run: () => choose(each.id),
    }));
}

function categories(choose: (id: number | null) => void): Choice[] {
  const none = { id: "none", text: say("none"), side: "", keys: "", run: () => choose(null) };
  const all = (directory.value?.categories ?? []).map((each) => ({
    id: String(each.id),
    text: each.name,
    side: "",
    keys: "",
    run: () => choose(each.id),
  }));
  return [...all, none];
}
