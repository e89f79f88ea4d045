import type { ComponentChildren } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

/** A modal: the browser keeps the focus in, Esc closes, and the focus goes back. */
export function Dialog(of: { label: string; close(): void; isTop?: boolean; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    box.current?.showModal();
    box.current?.querySelector<HTMLElement>("input, button")?.focus();
    return () => box.current?.close(); // while it is open nothing else can have the focus, and closing gives it back
  }, []);
  return (
    <dialog
      ref={box}
      class={of.isTop ? "dialog top" : "dialog"}
      aria-label={of.label}
      onCancel={(event) => {
        event.preventDefault();
        of.close();
      }}
      onClick={(event) => event.target === box.current && of.close()}
    >
      <div class="dialoginside">{of.children}</div>
    </dialog>
  );
}
