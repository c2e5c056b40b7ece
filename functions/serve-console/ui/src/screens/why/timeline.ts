/** The time line of a push to one device: from the acceptance of the message to the last receipt. */

import type { Device } from "./Decision.svelte";

type Attempt = NonNullable<Device["attempts"]>[number];
type Receipt = NonNullable<Device["receipts"]>[number];

/** `after`: the milliseconds since the step before that has a time. What happened without a recorded time has neither. */
export type Step = { at: number | null; after: number | null } & (
  | { kind: "accepted" | "decided" | "waiting" }
  | { kind: "attempt"; attempt: Attempt }
  | { kind: "left-out"; count: number }
  | { kind: "receipt"; receipt: Receipt }
);

export function timeline(device: Device, acceptedAt: number | undefined): Step[] {
  const attempts = (device.attempts ?? []).toSorted((a, b) => a.at - b.at || a.attempt - b.attempt);
  const reports: Step[] = [
    ...attempts.map((attempt): Step => ({ at: attempt.at, after: null, kind: "attempt", attempt })),
    ...(device.receipts ?? []).map((receipt): Step => ({ at: receipt.at, after: null, kind: "receipt", receipt })),
  ].toSorted((a, b) => order(a, attempts) - order(b, attempts));
  const steps: Step[] = [
    ...(acceptedAt === undefined ? [] : [{ at: acceptedAt, after: null, kind: "accepted" as const }]),
    { at: null, after: null, kind: "decided" },
    ...reports,
    ...(device.verdict === "push" && attempts.length === 0 ? [{ at: null, after: null, kind: "waiting" as const }] : []),
  ];
  return timed(withGaps(steps));
}

/**
 * A vendor may time its report before we recorded its answer, by a fast phone or by another clock. What it reports follows the attempt all
 * the same.
 */
function order(step: Step, attempts: Attempt[]): number {
  const id = step.kind === "receipt" ? step.receipt.vendor_message_id : undefined;
  const reported = id ? attempts.find(({ vendor_message_id }) => vendor_message_id === id) : undefined;
  return Math.max(step.at ?? 0, reported?.at ?? 0);
}

/** Of many attempts the API keeps the first and the latest: says where the others were. */
function withGaps(steps: Step[]): Step[] {
  let before = 0;
  return steps.flatMap((step): Step[] => {
    if (step.kind !== "attempt") {
      return [step];
    }
    const missing = step.attempt.attempt - before - 1;
    before = step.attempt.attempt;
    return missing > 0 ? [{ at: null, after: null, kind: "left-out", count: missing }, step] : [step];
  });
}

function timed(steps: Step[]): Step[] {
  let before: number | null = null;
  return steps.map((step) => {
    const after = step.at === null || before === null || step.at < before ? null : step.at - before;
    before = step.at ?? before;
    return { ...step, after };
  });
}
