/** Periods of whole days in UTC, as the API counts them. */

export const DAY = 86_400_000;
/** The most days that the API counts at once. */
export const MAX_DAYS = 31;

export type Days = { first: string; last: string };

/** `yyyy-mm-dd`. */
export function dayOf(millis: number): string {
  return new Date(millis).toISOString().slice(0, 10);
}

export function startOf(day: string): number {
  return Date.parse(`${day}T00:00:00Z`);
}

/** The last `count` days, today among them. */
export function lastDays(count: number, now: number): Days {
  return { first: dayOf(now - (count - 1) * DAY), last: dayOf(now) };
}

/** The period that can be asked for: the day that was not `edited` moves if the other one is too far away, or on its wrong side. */
export function bounded({ first, last }: Days, edited: keyof Days): Days & { moved: boolean } {
  const [from, to] = [startOf(first), startOf(last)];
  if (Number.isNaN(from) || Number.isNaN(to) || (from <= to && to - from < MAX_DAYS * DAY)) {
    return { first, last, moved: false };
  }
  const farthest = (MAX_DAYS - 1) * DAY;
  return edited === "first"
    ? { first, last: dayOf(to < from ? from : from + farthest), moved: true }
    : { first: dayOf(to < from ? to : to - farthest), last, moved: true };
}

/** The times to ask for: from the first day's start to the last one's end, and not beyond now; never empty. */
export function times({ first, last }: Days, now: number): { from: number; to: number } {
  const from = startOf(first);
  return { from, to: Math.max(from + 1, Math.min(startOf(last) + DAY - 1, now)) };
}
