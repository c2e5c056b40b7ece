/** The callback of an app, as the API shows it. */

import { appApi, ask, type Schemas } from "../../api/client";
import { appPath } from "../../lib/app";

export type Callback = NonNullable<Schemas["AllSettings"]["callback"]>;
export type ChangedCallback = Schemas["Callback"];

/** Every kind of event that an app's server can be told of, in the order of the API. */
export const kinds = ["push", "suppressed", "receipt", "click", "notifier", "token_removed", "user_status"] as const satisfies Schemas["CallbackEvent"][];
export type Kind = (typeof kinds)[number];

/** What a new callback gets that names no kinds. */
export const usual: Kind[] = kinds.filter((kind) => kind !== "user_status");

/** `null`: the app has none. */
export async function storedCallback(): Promise<Callback | null> {
  const settings = await ask(appApi.GET("/{org}/{app}/push/settings", { params: { path: appPath() } }));
  return settings.callback ?? null;
}

/** What is absent stays. A callback that was switched off is on afterwards. */
export async function changeCallback(callback: ChangedCallback | null): Promise<Callback | null> {
  const settings = await ask(appApi.PUT("/{org}/{app}/push/settings", { params: { path: appPath() }, body: { callback } }));
  return settings.callback ?? null;
}

/** The beginning of a window, `yyyyMMddHHmm` in UTC. `null` for another text. */
export function beginOf(window: string): number | null {
  const parts = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(window);
  if (!parts) {
    return null;
  }
  const [, year, month, day, hour, minute] = parts.map(Number) as [number, number, number, number, number, number];
  return Date.UTC(year, month - 1, day, hour, minute);
}
