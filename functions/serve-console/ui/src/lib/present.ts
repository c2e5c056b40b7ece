/** Whether the user still is where a call began. */

import { onDestroy } from "svelte";

import { appPath } from "./app";

/**
 * For a component that goes elsewhere after a call: the answer is false once the component is gone or another app is shown, so that a late
 * answer leads nobody away. Called while the component is made.
 */
export function presence(): () => boolean {
  const began = appPath();
  let gone = false;
  onDestroy(() => (gone = true));
  return () => {
    const now = appPath();
    return !gone && now.org === began.org && now.app === began.app;
  };
}
