/** The app that is signed in to, as calls name it. */

import { session } from "./session.svelte";

export function appPath(): { org: string; app: string } {
  const { org = "", app = "" } = session.app ?? {};
  return { org, app };
}
