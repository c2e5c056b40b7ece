/** The requests to the vendors of a message that was sent. None is stored: the API rebuilds them. */

import type { Schemas } from "../../api/client";
import type { Key } from "../../i18n/index.svelte";
import type { Device } from "./Decision.svelte";

/** `assumes`: what is taken from settings of now. `null`: an older API, which rebuilds nothing. */
export type Rebuilt = { devices: Device[]; assumes: string[] | null };

/** Why a device has no request. A reason that the API's description has and this list has not ends the build. */
const reasons: Record<Schemas["RequestLeftOut"], Key> = {
  not_in_decision: "why.noRequest.not_in_decision",
  notifier_gone: "why.noRequest.notifier_gone",
  notifier_replaced: "why.noRequest.notifier_replaced",
  binding_gone: "why.noRequest.binding_gone",
  template_changed: "why.noRequest.template_changed",
  decision_unclear: "why.noRequest.decision_unclear",
};

/** `null` for a reason of a newer API. */
export function whyNone(reason: string): Key | null {
  return Object.hasOwn(reasons, reason) ? reasons[reason as Schemas["RequestLeftOut"]] : null;
}

/** Asks once, whoever wants it, and again after a failure. */
export function once<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | null = null;
  return () =>
    (asked ??= ask().catch((error: unknown) => {
      asked = null;
      throw error;
    }));
}

export function sameDevice(devices: Device[], { device_id, notifier_name }: Device): Device | undefined {
  return devices.find((one) => one.device_id === device_id && one.notifier_name === notifier_name);
}
