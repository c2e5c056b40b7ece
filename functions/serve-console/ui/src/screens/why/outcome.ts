/** What became of the pushes of a message, as far as it is recorded. */

import type { Decided, Device } from "./Decision.svelte";

export type Outcome = "accepted" | "refused" | "waiting";
/** How many devices a push was decided for, and how many of them have each outcome. */
export type Outcomes = Record<Outcome | "all", number>;

/** `null` where no push was decided, and of a message that was only tried. */
export function outcomeOf({ verdict, attempts }: Device): Outcome | null {
  if (verdict !== "push" || attempts === undefined) {
    return null;
  }
  const last = attempts.toSorted((a, b) => a.attempt - b.attempt).at(-1);
  if (last === undefined) {
    return "waiting";
  }
  return last.outcome === "success" ? "accepted" : "refused";
}

export function outcomesOf({ devices }: Decided): Outcomes {
  const found = devices.map(outcomeOf).filter((outcome) => outcome !== null);
  const count = (wanted: Outcome) => found.filter((outcome) => outcome === wanted).length;
  return { all: found.length, accepted: count("accepted"), refused: count("refused"), waiting: count("waiting") };
}
