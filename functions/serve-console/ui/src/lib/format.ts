/** Numbers and times as the reader writes them. */

import { language } from "../i18n/index.svelte";

/** In the reader's time zone unless another is named. It names its zone: readers elsewhere may be shown the same. */
export function time(millis: number, timeZone?: string): string {
  return new Date(millis).toLocaleString(language.locale, { dateStyle: "medium", timeStyle: "long", ...(timeZone ? { timeZone } : {}) });
}

/** The time of day, with its zone. */
export function clockTime(millis: number): string {
  return new Date(millis).toLocaleTimeString(language.locale, { hour: "2-digit", minute: "2-digit", timeZoneName: "short" });
}

/** A day, in the reader's time zone unless another is named. */
export function day(millis: number, timeZone?: string): string {
  return new Date(millis).toLocaleDateString(language.locale, { dateStyle: "medium", ...(timeZone ? { timeZone } : {}) });
}

export function number(value: number): string {
  return value.toLocaleString(language.locale);
}

export function percent(share: number): string {
  return share.toLocaleString(language.locale, { style: "percent", maximumFractionDigits: 1 });
}

const units = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** A length of time, in its two largest units. */
export function duration(millis: number): string {
  if (millis < 1_000) {
    return measured(Math.round(millis), "millisecond");
  }
  if (millis < 59_950) {
    return measured(Math.round(millis / 100) / 10, "second");
  }
  let seconds = Math.round(millis / 1_000);
  const parts: string[] = [];
  const largest = units.findIndex(([, size]) => seconds >= size);
  for (const [unit, size] of units.slice(largest, largest + 2)) {
    const count = Math.floor(seconds / size);
    seconds -= count * size;
    if (count > 0) {
      parts.push(measured(count, unit));
    }
  }
  return parts.join(" ");
}

function measured(value: number, unit: "millisecond" | (typeof units)[number][0]): string {
  return value.toLocaleString(language.locale, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits: 1 });
}

export function json(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
