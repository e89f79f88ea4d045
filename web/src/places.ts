// Where one is: the address says which page, view and conversation.

import { computed, signal } from "@preact/signals";
import type { ViewId } from "./shapes";

export const VIEWS: ViewId[] = ["waiting", "mine", "bot", "open", "closed_today"];
const ROOT = "/inbox";

export type Page = "inbox" | "queue" | "reports" | "settings";

export interface Place {
  page: Page;
  view: ViewId;
  category: number | null;
  id: number | null;
  part: string;
}

export const place = signal<Place>(read(location.pathname));
export const openId = computed(() => (place.value.page === "inbox" ? place.value.id : null));

export function read(path: string): Place {
  const [first = "", second = "", third = ""] = path.slice(ROOT.length).split("/").filter(Boolean);
  const at: Place = { page: "inbox", view: "waiting", category: null, id: null, part: "" };
  if (first === "queue" || first === "reports" || first === "settings") return { ...at, page: first, part: second };
  if (first === "category") return { ...at, view: "open", category: number(second), id: number(third) };
  const view = VIEWS.find((each) => each === first) ?? "waiting";
  return { ...at, view, id: number(second) };
}

export function write(at: Place): string {
  if (at.page !== "inbox") return `${ROOT}/${at.page}${at.part ? `/${at.part}` : ""}`;
  const list = at.category === null ? `/${at.view}` : `/category/${at.category}`;
  return `${ROOT}${list}${at.id === null ? "" : `/${at.id}`}`;
}

/** Go somewhere; what is not said stays. */
export function go(to: Partial<Place>): void {
  const next = { ...place.value, ...to };
  if (write(next) !== write(place.value)) history.pushState(null, "", write(next));
  place.value = next;
}

window.addEventListener("popstate", () => {
  place.value = read(location.pathname);
});

function number(text: string): number | null {
  return /^[1-9]\d{0,15}$/.test(text) ? Number(text) : null;
}
