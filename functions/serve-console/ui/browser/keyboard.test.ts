/** The way from the sign-in to the reason of a push, by keyboard alone. */

import type { Browser, Locator } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { Console, open } from "./console";
import { deleteApp, stack } from "./stack";
import { build, type World } from "./world";

let browser: Browser;
let world: World;
let console: Console;
/** More stops than any screen has. */
const MAX_STOPS = 200;

beforeAll(async () => {
  [browser, world] = await Promise.all([open(), build()]);
  console = await Console.open(browser);
  await console.settled(console.t("signIn.title"));
});
afterAll(async () => {
  await browser.close();
  await deleteApp(world.app);
});

const focused = (locator: Locator) => locator.evaluate((element) => element === document.activeElement);

/** Tabs to the control, which must show that it has the focus. */
async function tabTo(locator: Locator): Promise<void> {
  await locator.waitFor();
  for (let stops = 0; !(await focused(locator)); stops += 1) {
    expect(stops, `stops before ${String(locator)}`).toBeLessThan(MAX_STOPS);
    await console.page.keyboard.press("Tab");
  }
  expect(await locator.evaluate((element) => getComputedStyle(element).outlineStyle)).not.toBe("none");
}

const button = (name: string) => console.page.getByRole("button", { name, exact: true });
const link = (name: string) => console.page.getByRole("link", { name, exact: true });
const menu = (name: string) => console.page.getByRole("navigation").getByRole("link", { name, exact: true });

it("the first stop skips to the content", async () => {
  await tabTo(link(console.t("page.skip")));
  await console.page.keyboard.press("Enter");
  const { page } = console;
  expect(await page.evaluate(() => document.activeElement?.closest("main") !== null)).toBe(true);
});

it("the operator signs in with Enter", async () => {
  await tabTo(console.page.getByLabel(console.t("signIn.operatorKey"), { exact: true }));
  await console.page.keyboard.type(stack.operator_key);
  await console.page.keyboard.press("Enter");
  await console.settled(console.t("screen.apps"));
});

it("opens the app from the list", async () => {
  const name = `${world.app.org}#${world.app.app}`;
  await tabTo(button(console.t("apps.openNamed", { name })));
  await console.page.keyboard.press("Enter");
  await console.settled(console.t("screen.certificates"));
});

it("a screen begins at its heading", async () => {
  await tabTo(menu(console.t("screen.why")));
  await console.page.keyboard.press("Enter");
  await console.settled(console.t("why.title"));
  await expect.poll(() => focused(console.page.getByRole("heading", { level: 1 }))).toBe(true);
});

it("asks why a message was not pushed", async () => {
  const { page } = console;
  const form = page.locator("form").first();
  await tabTo(form.getByLabel(console.t("why.messageId"), { exact: true }));
  await page.keyboard.type(world.silent);
  await tabTo(form.getByLabel(console.t("why.user"), { exact: true }));
  await page.keyboard.type("ben");
  await page.keyboard.press("Enter");
  await page.getByText(console.t("why.deciding")).waitFor();
});

it("a destructive act asks in a dialog that has the focus, and Escape leaves all as it was", async () => {
  const { page } = console;
  await tabTo(menu(console.t("screen.users")));
  await page.keyboard.press("Enter");
  await console.settled(console.t("screen.users"));
  await tabTo(link("ann"));
  await page.keyboard.press("Enter");
  const erase = button(console.t("users.erase"));
  await tabTo(erase);
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog", { name: console.t("users.erase") });
  await dialog.waitFor();
  expect(await dialog.evaluate((element) => element.contains(document.activeElement))).toBe(true);
  expect(await dialog.getByRole("button", { name: console.t("users.erase"), exact: true }).isDisabled()).toBe(true);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "hidden" });
  expect(await focused(erase)).toBe(true);
});
