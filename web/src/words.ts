// What the page says, in the languages that it speaks. Messages are ICU: {name}, and plurals as
// {count, plural, =0 {none} one {one} other {# of them}}.

import { signal } from "@preact/signals";
import en from "./words/en.json";
import { kept } from "./kept";

export type Word = keyof typeof en;
export type Values = Record<string, string | number>;
export type Language = "en" | "nb" | "pseudo";

export const LANGUAGES: { id: Language; name: string }[] = [
  { id: "en", name: "English" },
  { id: "nb", name: "Norsk" },
];

export const chosen = kept<Language | null>("language", null);

/** Counts up when the language is there, so that whatever says something says it again. */
export const spoken = signal(0);

let messages: Record<string, string> = en;
let tag = "en";
let plurals = new Intl.PluralRules(tag); // made once for a language: that takes far longer than using them
let numbers = new Intl.NumberFormat(tag);

export function locale(): string {
  void spoken.value;
  return tag;
}

/** The words of a message. */
export function say(word: Word, values: Values = {}): string {
  void spoken.value;
  const message = messages[word] ?? en[word];
  return written(message, values);
}

/** Words that may begin with a name, or with “you”, as a sentence. */
export function sentence(words: string): string {
  return words.charAt(0).toLocaleUpperCase(locale()) + words.slice(1);
}

/** Names as one says them: Anna, Bob and Charlie. */
export function listed(names: string[]): string {
  return new Intl.ListFormat(locale()).format(names);
}

/** Speak the chosen language, or the one that the browser asks for: region, then language, then English. */
export async function speak(): Promise<void> {
  const wanted = chosen.value ?? asked();
  if (wanted === "nb") messages = (await import("./words/nb.json")).default;
  else if (wanted === "pseudo") messages = Object.fromEntries(Object.entries(en).map(([k, v]) => [k, pseudo(v)]));
  else messages = en;
  tag = wanted === "nb" ? region("nb", "no", "nn") : region("en");
  plurals = new Intl.PluralRules(tag);
  numbers = new Intl.NumberFormat(tag);
  document.documentElement.lang = wanted === "pseudo" ? "en" : wanted;
  document.documentElement.dir = "ltr";
  spoken.value += 1;
}

function asked(): Language {
  for (const each of navigator.languages) {
    if (/^(nb|no|nn)\b/i.test(each)) return "nb";
    if (/^en\b/i.test(each)) return "en";
  }
  return "en";
}

function region(...names: string[]): string {
  const found = navigator.languages.find((each) => names.some((name) => each.toLowerCase().startsWith(name)));
  return found && Intl.DateTimeFormat.supportedLocalesOf(found).length > 0 ? found : (names[0] ?? "en");
}

/** Put values into an ICU message. */
export function written(message: string, values: Values, count?: number): string {
  let out = "";
  let at = 0;
  while (at < message.length) {
    const char = message.charAt(at);
    if (char === "#" && count !== undefined) {
      out += number(count);
      at += 1;
    } else if (char === "{") {
      const end = closing(message, at);
      out += argument(message.slice(at + 1, end), values);
      at = end + 1;
    } else {
      out += char;
      at += 1;
    }
  }
  return out;
}

function argument(inside: string, values: Values): string {
  const comma = inside.indexOf(",");
  const name = (comma < 0 ? inside : inside.slice(0, comma)).trim();
  const value = values[name] ?? "";
  if (comma < 0) return typeof value === "number" ? number(value) : value;
  const forms = inside.slice(inside.indexOf(",", comma + 1) + 1);
  const kind = inside.slice(comma + 1, inside.indexOf(",", comma + 1)).trim();
  const found = options(forms);
  if (kind === "select") return written(found.get(String(value)) ?? found.get("other") ?? "", values);
  const count = Number(value);
  const form = found.get(`=${count}`) ?? found.get(plurals.select(count)) ?? found.get("other");
  return written(form ?? "", values, count);
}

function options(text: string): Map<string, string> {
  const found = new Map<string, string>();
  let at = 0;
  for (;;) {
    const open = text.indexOf("{", at);
    if (open < 0) return found;
    const end = closing(text, open);
    found.set(text.slice(at, open).trim(), text.slice(open + 1, end));
    at = end + 1;
  }
}

function closing(text: string, open: number): number {
  let depth = 0;
  for (let at = open; at < text.length; at += 1) {
    if (text[at] === "{") depth += 1;
    if (text[at] === "}") depth -= 1;
    if (depth === 0) return at;
  }
  return text.length;
}

const MARKED: Record<string, string> = { a: "á", e: "é", i: "í", o: "ó", u: "ú", n: "ñ", c: "ç", A: "Á", E: "É", O: "Ó" };

/** A message in the pseudo-language: longer, marked and bracketed, so that whatever is not a message shows. */
export function pseudo(message: string): string {
  let depth = 0;
  let out = "";
  for (const char of message) {
    if (char === "{") depth += 1;
    out += depth === 0 || depth % 2 === 0 ? (MARKED[char] ?? char) : char;
    if (char === "}") depth -= 1;
  }
  return `⟦${out}~~~⟧`;
}

function number(value: number): string {
  return numbers.format(value);
}
