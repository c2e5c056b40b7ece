/** The texts of the page in the language that its user reads. */

import { en } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh";
export type Key = keyof typeof en;
/** A translation has every text of the English one, so that a missing one ends the build. */
export type Texts = Record<Key, string>;

const texts: Record<Language, Texts> = { en, zh };
const KEY = "curlew.language";

function preferred(): Language {
  const chosen = stored() ?? navigator.language;
  return chosen.toLowerCase().startsWith("zh") ? "zh" : "en";
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

const state = $state({ language: preferred() });

export const language = {
  get current(): Language {
    return state.language;
  },
  /** For formats of numbers and times. */
  get locale(): string {
    return state.language === "zh" ? "zh-CN" : "en-GB";
  },
  choose(next: Language): void {
    state.language = next;
    try {
      localStorage.setItem(KEY, next);
    } catch {
      // Without storage the choice lasts as long as the page.
    }
  },
};

/**
 * The text of a key, with its `{places}` filled. A newer API may answer a word that this page does not know, such as an outcome: then there is no
 * text, and the word itself is shown.
 */
export function t(key: Key, values: Record<string, string | number> = {}): string {
  const known = texts[state.language];
  const text: string = Object.hasOwn(known, key) ? known[key] : key.slice(key.indexOf(".") + 1);
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}
