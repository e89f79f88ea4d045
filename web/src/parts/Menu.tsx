import { useEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "./icons";

export interface Item {
  text: string;
  icon?: IconName;
  isChosen?: boolean;
  run(): void;
}

/** A menu: arrows move, Enter chooses, Esc closes, and the focus goes back to where it came from. */
export function Menu({ label, head, items, close }: { label: string; head?: string; items: Item[]; close(): void }) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const from = document.activeElement;
    const buttons = () => [...(box.current?.querySelectorAll("button") ?? [])];
    (buttons().find((each) => each.getAttribute("aria-checked") === "true") ?? buttons()[0])?.focus();
    const outside = (event: Event) => {
      if (event.target instanceof Node && !box.current?.parentElement?.contains(event.target)) close();
    };
    document.addEventListener("pointerdown", outside);
    return () => {
      document.removeEventListener("pointerdown", outside);
      if (from instanceof HTMLElement && (document.activeElement === document.body || box.current?.contains(document.activeElement)))
        from.focus();
    };
  }, []);

  function move(event: KeyboardEvent) {
    const all = [...(box.current?.querySelectorAll("button") ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") {
      event.stopPropagation();
      close();
    } else if (to !== undefined) {
      event.preventDefault();
      all[(to + all.length) % all.length]?.focus();
    }
  }

  return (
    <div class="menu" role="menu" aria-label={label} ref={box} onKeyDown={move}>
      {head !== undefined && (
        <p class="menuhead" role="presentation">
          {head}
        </p>
      )}
      {items.map((each) => (
        <button
          key={each.text}
          type="button"
          tabIndex={-1}
          role={each.isChosen === undefined ? "menuitem" : "menuitemradio"}
          aria-checked={each.isChosen}
          onClick={() => {
            close();
            each.run();
          }}
        >
          {each.isChosen ? <Icon name="check" /> : each.icon ? <Icon name={each.icon} /> : <span class="icon" />}
          {each.text}
        </button>
      ))}
    </div>
  );
}
