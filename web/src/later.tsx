// Pages that are fetched when somebody goes there.

import { signal, type Signal } from "@preact/signals";
import type { FunctionComponent } from "preact";
import { say } from "./words";

export interface Later {
  page: Signal<FunctionComponent | null>;
  isMissing: Signal<boolean>;
  load(): void;
}

export function lazy(fetched: () => Promise<{ default: FunctionComponent }>): Later {
  const page = signal<FunctionComponent | null>(null);
  const isMissing = signal(false);
  let isAsked = false;
  const load = () => {
    if (isAsked) return;
    isAsked = true;
    fetched().then(
      (found) => (page.value = found.default),
      () => {
        isAsked = false;
        isMissing.value = true;
      },
    );
  };
  return { page, isMissing, load };
}

export function Suspense({ of }: { of: Later }) {
  of.load();
  const Page = of.page.value;
  if (Page !== null) return <Page />;
  return (
    <main class="page" data-pane tabIndex={-1}>
      {of.isMissing.value && (
        <p role="alert">
          {say("page.missing")}{" "}
          <button type="button" onClick={() => location.reload()}>
            {say("page.reload")}
          </button>
        </p>
      )}
    </main>
  );
}
