/** Support staff read and explain. They change nothing, and see no text and no device token. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { Console, open, type Key } from "./console";
import { screens } from "./screens";
import { deleteApp, server } from "./stack";
import { build, type World } from "./world";

let browser: Browser;
let world: World;
let console: Console;
const answers: Promise<string>[] = [];

/** What only those who may change something are offered. */
const changes: Key[] = [
  "action.create", "action.save", "action.delete", "action.edit", "certificates.disable", "certificates.enable", "certificates.rotate",
  "test.send", "users.erase", "users.ban", "users.logOut", "users.logOutUnbind", "users.unbind", "users.disconnect",
  "callbacks.save", "callbacks.remove", "callbacks.switchOn", "callbacks.retry",
];

beforeAll(async () => {
  [browser, world] = await Promise.all([open(), build()]);
  const { access_token } = await server(world.app, "POST", "/token", { grant_type: "inherit", scope: "support" });
  console = await Console.open(browser);
  console.page.on("response", (response) => answers.push(response.text().catch(() => "")));
  await console.signInByToken(access_token as string);
  await console.page.getByText(console.t("role.support"), { exact: true }).waitFor();
});
afterAll(async () => {
  await browser.close();
  await deleteApp(world.app);
});

it("the menu offers no screen that is of no use to them", async () => {
  const offered = await console.page.getByRole("navigation").getByRole("link").allInnerTexts();
  expect(offered).toContain(console.t("screen.why"));
  for (const screen of ["screen.apps", "screen.test", "screen.templates", "screen.push", "screen.tasks", "screen.labels"] as Key[]) {
    expect(offered).not.toContain(console.t(screen));
  }
});

const readable = screens.filter(({ operator, changing }) => !operator && !changing);

it.each(readable.map((screen) => [screen.name, screen] as const))("the screen %s offers no change", async (_, screen) => {
  await console.go(screen.path(world));
  await console.settled(screen.heading(console, world));
  expect(await console.page.getByRole("alert").allTextContents()).toEqual([]);
  const offered = await console.page.getByRole("main").getByRole("button").allInnerTexts();
  expect(offered.filter((name) => changes.some((key) => console.t(key) === name))).toEqual([]);
});

it.each(screens.filter(({ changing }) => changing).map((screen) => [screen.name, screen] as const))("the screen %s says clearly that it is not theirs", async (_, screen) => {
  await console.go(screen.path(world));
  await console.settled(console.t("forbidden.title"));
  await console.page.getByText(console.t("forbidden.text")).waitFor();
});

it("no answer of the API had a text of a message or a device token", async () => {
  const all = (await Promise.all(answers)).join("\n");
  expect(all).toContain("Mate 60");
  expect(all).not.toContain("Shall we meet");
  for (const token of Object.values(world.tokens)) {
    expect(all).not.toContain(token);
  }
  expect(console.faults).toEqual([]);
});
