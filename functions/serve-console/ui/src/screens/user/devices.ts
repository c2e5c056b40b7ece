/** A user's devices: those that are bound, and those that are connected. */

import type { Schemas } from "../../api/client";

export type Binding = NonNullable<Schemas["UserDetail"]["entities"][number]["pushInfo"]>[number];
type Resource = Schemas["Resources"]["data"][number];

export type Device = {
  id: string;
  bindings: Binding[];
  /** What the device is disconnected by, while it is connected. */
  resource: string | null;
  platform: string | null;
};

/** Connected devices first. */
export function devicesOf(bindings: Binding[], connected: Resource[]): Device[] {
  const ids = new Set([...connected.map((one) => one.device_uuid), ...bindings.map((one) => one.device_Id)]);
  return [...ids].map((id) => {
    const resource = connected.find(({ device_uuid }) => device_uuid === id);
    return {
      id,
      bindings: bindings.filter(({ device_Id }) => device_Id === id),
      resource: resource?.res ?? null,
      platform: resource?.device_name ?? null,
    };
  });
}

/** The start is enough to tell one token from another. A token that the API masked stays as it is. */
export function masked(token: string): string {
  return token.length <= 10 ? token : `${token.slice(0, 6)}…${token.slice(-2)}`;
}
