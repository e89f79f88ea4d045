// Shortcuts. Single letters work only outside of fields, can be changed, and can be switched off (WCAG 2.1.4).

import { ACTIONS, focusList, keysOf, shortcutsOn, type Action } from "./actions";
import { session } from "./desk";
import { layer } from "./layers";

const SEQUENCE_WITHIN_MS = 1_200; // between the keys of g w

const isMac = /Mac|iPhone|iPad/.test(navigator.platform);

let begun = "";
let begunAt = 0;

/** A press as it is written in the table: mod+shift+enter, ?, g. */
export function pressOf(event: KeyboardEvent): string {
  const key = event.key === " " ? "space" : event.key.toLowerCase();
  const isSign = event.key.length === 1 && event.key.toLowerCase() === event.key.toUpperCase();
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && !isSign) parts.push("shift");
  return [...parts, key].join("+");
}

/** Keys as people read them: Ctrl Shift Enter. */
export function shown(keys: string): string {
  return keys
    .split(" ")
    .map((press) => press.split("+").map(named).join(isMac ? "" : " "))
    .join(" ");
}

/** As aria-keyshortcuts has them. */
export function forReaders(keys: string): string {
  return keys.replaceAll("mod", isMac ? "Meta" : "Control").replaceAll("shift", "Shift").replaceAll("enter", "Enter").replaceAll("escape", "Escape");
}

function named(key: string): string {
  const names: Record<string, string> = { mod: isMac ? "⌘" : "Ctrl", shift: isMac ? "⇧" : "Shift", enter: "Enter", escape: "Esc", f6: "F6" };
  return names[key] ?? key.toUpperCase();
}

/** Whether it is typed, and so no shortcut unless Ctrl or ⌘ is held. */
function isTyped(event: KeyboardEvent): boolean {
  const at = event.target;
  if (!(at instanceof HTMLElement)) return false;
  return at.isContentEditable || at.matches("input, textarea, select");
}

function isMeant(action: Action): boolean {
  return (action.may?.() ?? true) && (action.isOfList !== true || document.activeElement?.closest("#list") != null);
}

export function listen(): void {
  window.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || !session.value || event.isComposing) return;
    const press = pressOf(event);
    const isCommand = press.startsWith("mod+") || /(^|\+)f\d/.test(press);
    if (!isCommand && (isTyped(event) || layer.value !== null)) return;
    if (!isCommand && !shortcutsOn.value && press !== "escape") return;
    if (["shift", "mod", "alt", "control", "meta"].includes(event.key.toLowerCase())) return;
    const whole = begun !== "" && event.timeStamp - begunAt < SEQUENCE_WITHIN_MS ? `${begun} ${press}` : press;
    begun = "";
    if ((press === "arrowdown" || press === "arrowup") && event.target === document.body) {
      event.preventDefault();
      focusList();
      return;
    }
    const action = ACTIONS.find((each) => keysOf(each) === whole);
    if (action !== undefined && isMeant(action)) {
      event.preventDefault();
      action.run();
    } else if (ACTIONS.some((each) => keysOf(each).startsWith(`${press} `))) {
      begun = press;
      begunAt = event.timeStamp;
    }
  });
}
