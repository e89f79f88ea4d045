import { useSignal } from "@preact/signals";
import { ACTIONS, changedKeys, keysOf, shortcutsOn, type Action } from "../actions";
import { pressOf, shown } from "../keys";
import { layer } from "../layers";
import { say } from "../words";
import { Dialog } from "./Dialog";
import { Icon } from "./icons";

const GROUPS = ["go", "selection", "conversation", "write", "page"] as const;

/** All shortcuts: read, changed and switched off here. */
export function Shortcuts() {
  return (
    <Dialog label={say("shortcuts.label")} close={() => (layer.value = null)}>
      <header class="listhead">
        <h2>{say("shortcuts.label")}</h2>
        <button type="button" class="plain" aria-label={say("shut")} onClick={() => (layer.value = null)}>
          <Icon name="close" />
        </button>
      </header>
      <ShortcutTable />
    </Dialog>
  );
}

export function ShortcutTable() {
  const edited = useSignal<string | null>(null);
  const begun = useSignal("");
  return (
    <div class="shortcuts">
      <label class="choice">
        <input type="checkbox" checked={shortcutsOn.value} onChange={(event) => (shortcutsOn.value = event.currentTarget.checked)} />
        {say("shortcuts.on")}
      </label>
      <p class="quiet">{say("shortcuts.hint")}</p>
      <div class="groups">
        {GROUPS.map((group) => (
          <section key={group}>
            <h2 class="minor">{say(`shortcuts.${group}`)}</h2>
            <dl class="keylist">
              {ACTIONS.filter((each) => each.group === group && (each.keys !== "" || changedKeys.value[each.id])).map((each) => (
                <Keys key={each.id} action={each} edited={edited} begun={begun} />
              ))}
              {group === "write" && <Fixed word={say("composer.send")} keys="mod+enter" />}
              {group === "write" && <Fixed word={say("composer.sendClose")} keys="mod+shift+enter" />}
            </dl>
          </section>
        ))}
      </div>
      <button type="button" onClick={() => (changedKeys.value = {})}>
        {say("shortcuts.reset")}
      </button>
    </div>
  );
}

function Fixed({ word, keys }: { word: string; keys: string }) {
  return (
    <div>
      <dt>{word}</dt>
      <dd>
        <kbd>{shown(keys)}</kbd>
      </dd>
    </div>
  );
}

function Keys(of: { action: Action; edited: { value: string | null }; begun: { value: string } }) {
  const isEdited = of.edited.value === of.action.id;
  const other = ACTIONS.find((each) => each.id !== of.action.id && keysOf(each) !== "" && keysOf(each) === keysOf(of.action));

  function press(event: KeyboardEvent) {
    if (!isEdited || event.key === "Tab") return;
    event.preventDefault();
    event.stopPropagation();
    if (["Shift", "Control", "Alt", "Meta"].includes(event.key)) return;
    if (event.key !== "Escape") {
      const keys = event.key === "Backspace" || event.key === "Delete" ? "" : pressOf(event);
      changedKeys.value = { ...changedKeys.value, [of.action.id]: keys };
    }
    of.edited.value = null;
  }

  return (
    <div>
      <dt>{say(of.action.word)}</dt>
      <dd>
        <button
          type="button"
          class="keybutton"
          aria-label={say("shortcuts.change", { what: say(of.action.word), keys: shown(keysOf(of.action)) || say("none") })}
          onClick={() => (of.edited.value = of.action.id)}
          onKeyDown={press}
          onBlur={() => isEdited && (of.edited.value = null)}
        >
          {isEdited ? <em>{say("shortcuts.press")}</em> : <kbd>{shown(keysOf(of.action)) || "–"}</kbd>}
        </button>
        {other !== undefined && <span class="problem">{say("shortcuts.twice", { what: say(other.word) })}</span>}
      </dd>
    </div>
  );
}
