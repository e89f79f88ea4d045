import { useLayoutEffect, useRef } from "preact/hooks";
import { actionOf, focusList, keysOf } from "../actions";
import { forReaders, shown } from "../keys";
import { selectedCount } from "../selection";
import { letGo, progress, work } from "../together";
import { say, type Word } from "../words";
import { Icon, type IconName } from "./icons";

const DOINGS: { id: string; icon: IconName; word: Word }[] = [
  { id: "assign-me", icon: "hand", word: "selection.toMe" },
  { id: "assign", icon: "assign", word: "assign.button" },
  { id: "close", icon: "check", word: "close.button" },
  { id: "bot", icon: "bot", word: "selection.toBot" },
  { id: "release", icon: "queue", word: "selection.toQueue" },
  { id: "category", icon: "inbox", word: "details.category" },
];

/** How many are selected and what to do with them: below the list, so that no row moves away from under the pointer. */
export function SelectionBar() {
  return selectedCount.value > 0 || work.value !== null ? <Bar /> : null;
}

function Bar() {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(
    () => () => {
      if (box.current?.contains(document.activeElement)) focusList();
    },
    [],
  );
  return (
    <div class="selection" role="group" aria-label={say("selection.label")} ref={box}>
      <p class="selectionhead">
        <span class="grow">{work.value === null ? say("selection.count", { count: selectedCount.value }) : progress}</span>
        {work.value === null ? <SelectNone /> : <progress aria-label={progress} value={work.value.done} max={work.value.count} />}
      </p>
      <div class="selectiondoings">
        {DOINGS.map((each) => (
          <Do key={each.id} {...each} />
        ))}
      </div>
    </div>
  );
}

function SelectNone() {
  const action = actionOf("select-none");
  return (
    <button type="button" class="plain small" aria-label={say(action.word)} title={`${say(action.word)} (${shown(keysOf(action))})`} onClick={letGo}>
      <Icon name="close" />
    </button>
  );
}

/** What cannot be done now stays where it is and keeps the focus. */
function Do({ id, icon, word }: { id: string; icon: IconName; word: Word }) {
  const action = actionOf(id);
  const keys = keysOf(action);
  const may = action.may?.() ?? true;
  return (
    <button
      type="button"
      class="small"
      aria-disabled={!may}
      title={keys ? `${say(action.word)} (${shown(keys)})` : say(action.word)}
      aria-keyshortcuts={keys ? forReaders(keys) : undefined}
      onClick={() => may && action.run()}
    >
      <Icon name={icon} />
      <span class="selectionword">{say(word)}</span>
    </button>
  );
}
