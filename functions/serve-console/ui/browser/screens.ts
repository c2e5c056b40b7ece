/** Every screen, by its address behind the `#`. */

import type { Console, Key } from "./console";
import type { World } from "./world";

export type Screen = {
  /** Also the name of its pictures. */
  name: string;
  path: (world: World) => string;
  heading: (console: Console, world: World) => string;
  /** Only the operator has it. */
  operator?: true;
  /** Of no use to who may change nothing. */
  changing?: true;
};

const named = (key: Key) => (console: Console) => console.t(key);
const appName = (_: Console, { app }: World) => `${app.org}#${app.app}`;

export const screens: Screen[] = [
  { name: "apps", path: () => "/apps", heading: named("screen.apps"), operator: true },
  { name: "app-new", path: () => "/apps?new", heading: named("apps.new"), operator: true },
  { name: "app", path: ({ app }) => `/apps/${app.org}/${app.app}`, heading: appName, operator: true },
  { name: "why", path: () => "/why", heading: named("why.title") },
  { name: "why-pushed", path: ({ pushed }) => `/why/${pushed}?user=ann`, heading: named("why.title") },
  { name: "why-silent", path: ({ silent }) => `/why/${silent}?user=ben`, heading: named("why.title") },
  { name: "users", path: () => "/users", heading: named("screen.users") },
  { name: "user", path: () => "/users/ann", heading: named("screen.users") },
  { name: "test", path: () => "/test", heading: named("screen.test"), changing: true },
  { name: "push", path: () => "/push", heading: named("screen.push"), changing: true },
  { name: "push-label", path: () => "/push?label=vip", heading: named("screen.push"), changing: true },
  { name: "tasks", path: () => "/tasks", heading: named("screen.tasks"), changing: true },
  { name: "task", path: ({ task }) => `/tasks/${task}`, heading: () => "Notice", changing: true },
  { name: "labels", path: () => "/labels", heading: named("screen.labels"), changing: true },
  { name: "label", path: () => "/labels/vip", heading: () => "vip", changing: true },
  { name: "funnel", path: () => "/funnel", heading: named("screen.funnel") },
  { name: "quotas", path: () => "/quotas", heading: named("screen.quotas") },
  { name: "certificates", path: () => "/certificates", heading: named("screen.certificates") },
  { name: "certificate-new", path: () => "/certificates?new", heading: named("certificates.new"), changing: true },
  { name: "certificate", path: () => "/certificates/fcm-main", heading: () => "fcm-main" },
  { name: "templates", path: () => "/templates", heading: named("screen.templates"), changing: true },
  { name: "callbacks", path: () => "/callbacks", heading: named("screen.callbacks") },
  { name: "settings", path: () => "/settings", heading: named("screen.settings") },
];
