// Light or dark: as the system says, or as chosen.

import { computed, signal } from "@preact/signals";
import { kept } from "./kept";

export type Look = "system" | "light" | "dark";

export const look = kept<Look>("look", "system");

const system = matchMedia("(prefers-color-scheme: dark)");
const isSystemDark = signal(system.matches);
system.addEventListener("change", (event) => (isSystemDark.value = event.matches));

export const isDark = computed(() => (look.value === "system" ? isSystemDark.value : look.value === "dark"));

isDark.subscribe((dark) => {
  document.documentElement.dataset.look = dark ? "dark" : "light";
});
