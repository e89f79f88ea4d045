// What stands above the page, one at a time, and what it is about.

import { batch, signal } from "@preact/signals";
import type { Row } from "./shapes";

export type Layer = "palette" | "shortcuts" | "assign" | "category" | "assign-several" | "category-several" | "sure" | null;

/** What somebody has to be sure about before it is done. */
export interface Question {
  text: string;
  button: string;
  run(): void;
}

export const layer = signal<Layer>(null);
export const question = signal<Question | null>(null);

/** The conversations that the layer is about, as they were when it opened: what changes behind it is not meant. */
export const meant = signal<Row[]>([]);

export function openFor(name: Layer, rows: Row[]): void {
  batch(() => ((meant.value = rows), (layer.value = name)));
}

export function askFirst(what: Question): void {
  batch(() => ((question.value = what), (layer.value = "sure")));
}
