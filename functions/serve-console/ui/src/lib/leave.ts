/** The user's own end of the session: whoever signs in next in this tab does not land on what was looked at before. */

import { router } from "./router.svelte";
import { session } from "./session.svelte";

export function signOut(): void {
  session.signOut();
  router.go("/");
}
