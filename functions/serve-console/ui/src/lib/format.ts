/** Numbers and times as the reader writes them. */

import { language, t } from "../i18n/index.svelte";

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

/** A text, or how long it is where the sign-in may not see it: the API then answers with a number. */
export function maskable(text: unknown): string {
  return typeof text === "number" ? t("masked.characters", { count: number(text) }) : String(text ?? "");
}

/** A value as JSON, or how long it is where the sign-in may not see it. */
export function maskableJson(value: unknown): string {
  return typeof value === "number" ? t("masked.bytes", { count: number(value) }) : json(value);
}
