/** What jsdom lacks, and what every test begins with: nobody signed in, English, the first address. */

import { afterEach, beforeEach, vi } from "vitest";

import { language } from "../i18n/index.svelte";
import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";

HTMLDialogElement.prototype.showModal = function () {
  this.open = true;
};
HTMLDialogElement.prototype.close = function () {
  if (this.open) {
    this.open = false;
    this.dispatchEvent(new Event("close"));
  }
};

beforeEach(() => {
  language.choose("en");
  router.go("/");
});

afterEach(() => {
  session.signOut();
  sessionStorage.clear();
  vi.unstubAllGlobals();
});
