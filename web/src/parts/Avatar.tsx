import type { Person } from "../shapes";
import { Icon } from "./icons";

const HUES = 8;

/** Initials on a ground whose hue stays with the person. Pictures elsewhere are not fetched: they would tell who reads. */
export function Avatar({ person, isSmall = false }: { person: Pick<Person, "id" | "name" | "isBot">; isSmall?: boolean }) {
  const hue = [...person.id].reduce((sum, char) => sum + char.charCodeAt(0), 0) % HUES;
  return (
    <span class={`avatar hue-${hue}${isSmall ? " small" : ""}${person.isBot ? " bot" : ""}`} aria-hidden="true">
      {person.isBot ? <Icon name="bot" /> : initials(person.name)}
    </span>
  );
}

export function initials(name: string | null | undefined): string {
  const parts = (name ?? "").trim().split(/\s+/).filter(Boolean);
  const first = parts[0] ?? "";
  const last = parts.length > 1 ? (parts[parts.length - 1] ?? "") : "";
  return ([...first][0] ?? "?").toUpperCase() + ([...last][0] ?? "").toUpperCase();
}
