/** Numbers and times as the reader writes them. */

import { language } from "../i18n/index.svelte";

export function time(millis: number): string {
  return new Date(millis).toLocaleString(language.locale, { dateStyle: "medium", timeStyle: "medium" });
}

export function number(value: number): string {
  return value.toLocaleString(language.locale);
}

export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
