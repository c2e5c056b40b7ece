/** The app that is signed in to, as calls name it. */

import { untrack } from "svelte";

import { session } from "./session.svelte";

/** Not tracked: a new token of the same app is no reason to load a screen again. Screens of another app are new ones. */
export function appPath(): { org: string; app: string } {
  const { org = "", app = "" } = untrack(() => session.app) ?? {};
  return { org, app };
}
