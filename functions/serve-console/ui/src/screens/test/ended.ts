/** Whether a trace grows no more, receipts left aside. */

import type { Decided } from "../why/Decision.svelte";

/** A device that is pushed to has ended with its first recorded attempts: the API records them when the push ends. */
export function ended({ verdict, devices }: Decided): boolean {
  return verdict !== "pending" && devices.every((device) => device.verdict === "skip" || (device.attempts ?? []).length > 0);
}
