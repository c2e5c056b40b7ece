/** The way from the list of apps into one of them. */

import { router } from "../../lib/router.svelte";
import { session } from "../../lib/session.svelte";

export function openApp(org: string, app: string): void {
  session.open(org, app);
  // Who signed in at the address of a screen, after a reload, comes back to that screen.
  if (router.parts[0] === "apps") {
    router.go("/");
  }
}
