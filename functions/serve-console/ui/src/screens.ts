/** The screens of an app in the groups of the menu, in their order. */

import type { Component } from "svelte";

import type { Key } from "./i18n/index.svelte";
import Callbacks from "./screens/Callbacks.svelte";
import Certificates from "./screens/Certificates.svelte";
import Funnel from "./screens/Funnel.svelte";
import Labels from "./screens/Labels.svelte";
import Push from "./screens/Push.svelte";
import Quotas from "./screens/Quotas.svelte";
import Settings from "./screens/Settings.svelte";
import Tasks from "./screens/Tasks.svelte";
import Templates from "./screens/Templates.svelte";
import TestPush from "./screens/TestPush.svelte";
import Users from "./screens/Users.svelte";
import Why from "./screens/Why.svelte";

/** `changes`: the screen is of no use to who may change nothing. */
export type Screen = { name: string; title: Key; screen: Component; changes?: true };
export type Group = { title: Key; screens: Screen[] };

export const groups: Group[] = [
  {
    title: "menu.explain",
    screens: [
      { name: "why", title: "screen.why", screen: Why },
      { name: "users", title: "screen.users", screen: Users },
      { name: "test", title: "screen.test", screen: TestPush, changes: true },
    ],
  },
  {
    title: "menu.instant",
    screens: [
      { name: "push", title: "screen.push", screen: Push, changes: true },
      { name: "tasks", title: "screen.tasks", screen: Tasks, changes: true },
      { name: "labels", title: "screen.labels", screen: Labels, changes: true },
    ],
  },
  {
    title: "menu.numbers",
    screens: [
      { name: "funnel", title: "screen.funnel", screen: Funnel },
      { name: "quotas", title: "screen.quotas", screen: Quotas },
    ],
  },
  {
    title: "menu.setUp",
    screens: [
      { name: "certificates", title: "screen.certificates", screen: Certificates },
      { name: "templates", title: "screen.templates", screen: Templates, changes: true },
      { name: "callbacks", title: "screen.callbacks", screen: Callbacks },
      { name: "settings", title: "screen.settings", screen: Settings },
    ],
  },
];

/** The screen that an address names. */
export function screenOf(name: string | undefined): Screen | undefined {
  return groups.flatMap(({ screens }) => screens).find((screen) => screen.name === name);
}
