/** Numbers and times as the reader writes them. */

import { language } from "../i18n/index.svelte";

export function time(millis: number): string {
  return new Date(millis).toLocaleString(language.locale, { dateStyle: "medium", timeStyle: "medium" });
}

/** The time of day. */
export function clockTime(millis: number): string {
  return new Date(millis).toLocaleTimeString(language.locale, { timeStyle: "short" });
}

export function number(value: number): string {
  return value.toLocaleString(language.locale);
}

export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
