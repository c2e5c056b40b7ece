/** What the counts of a period come to. `null` stands for "not reported", which is not 0. */

import type { Schemas } from "../../api/client";

export type Entry = Schemas["Statistics"]["data"][number];
export type StepName = "decided" | "suppressed" | "accepted" | "refused" | "delivered" | "clicked";
/** What a step is a share of. */
export type Base = "decided" | "pushed" | "accepted" | "delivered";
export type Step = { name: StepName; count: number | null; share: { of: number; base: Base } | null };

type Number = "decided" | "suppressed" | "accepted" | "refused";

export function total(entries: Entry[], name: Number): number {
  return entries.reduce((sum, entry) => sum + entry[name], 0);
}

/** The sum of what was reported, or `null` if nothing was. */
export function reported(entries: Entry[], name: "delivered" | "clicked"): number | null {
  const counts = entries.map((entry) => entry[name]).filter((count) => count !== null);
  return counts.length === 0 ? null : counts.reduce((sum, count) => sum + count, 0);
}

/**
 * The steps of the funnel, each as a share of the step before. Delivered and clicked are shares of what was sent by those that
 * report: vendors that report nothing lower no share.
 */
export function steps(entries: Entry[]): Step[] {
  const decided = total(entries, "decided");
  const suppressed = total(entries, "suppressed");
  const pushed = decided - suppressed;
  const delivering = entries.filter(({ delivered }) => delivered !== null);
  const clicking = entries.filter(({ clicked }) => clicked !== null);
  const base: Base = clicking.every(({ delivered }) => delivered !== null) ? "delivered" : "accepted";
  const before = base === "delivered" ? (reported(clicking, base) ?? 0) : total(clicking, base);
  return [
    { name: "decided", count: decided, share: null },
    { name: "suppressed", count: suppressed, share: { of: decided, base: "decided" } },
    { name: "accepted", count: total(entries, "accepted"), share: { of: pushed, base: "pushed" } },
    { name: "refused", count: total(entries, "refused"), share: { of: pushed, base: "pushed" } },
    { name: "delivered", count: reported(entries, "delivered"), share: { of: total(delivering, "accepted"), base: "accepted" } },
    { name: "clicked", count: reported(entries, "clicked"), share: { of: before, base } },
  ];
}

/** The entries by one of their names, those without it left out. */
export function grouped<K extends "vendor" | "reason">(entries: Entry[], name: K): Map<NonNullable<Entry[K]>, Entry[]> {
  const groups = new Map<NonNullable<Entry[K]>, Entry[]>();
  for (const entry of entries) {
    const key = entry[name] as NonNullable<Entry[K]> | undefined;
    if (key !== undefined) {
      groups.set(key, [...(groups.get(key) ?? []), entry]);
    }
  }
  return groups;
}

const HOUR = 3_600_000;
export type Length = "hour" | "day";
export type Bucket = { from: number; entries: Entry[] };

/** The hours or days of a period, those without a count too. */
export function buckets(entries: Entry[], from: number, to: number, step: Length): Bucket[] {
  const length = step === "hour" ? HOUR : 24 * HOUR;
  const start = Math.floor(from / length);
  const count = Math.floor(to / length) - start + 1;
  const all: Bucket[] = Array.from({ length: count }, (_, index) => ({ from: (start + index) * length, entries: [] }));
  for (const entry of entries) {
    all[Math.floor(entry.from / length) - start]?.entries.push(entry);
  }
  return all;
}
