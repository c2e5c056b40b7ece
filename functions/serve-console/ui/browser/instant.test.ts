/** The way of a campaign: from a label without users to a task with its counts, and the server that is told of it. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { Console, open } from "./console";
import { bindAndLeave, createApp, credentialOf, deleteApp, deviceToken, fresh, server, stack, traceOf, until, type App } from "./stack";

let browser: Browser;
let console: Console;
let app: App;
const secret = "a secret that nobody sees";
/** Nobody listens there. */
const url = `${stack.vendor_base_url}/nobody`;

beforeAll(async () => {
  // With a callback from the beginning: the functions learn of a later one within a minute.
  const settings = { advanced_push: true, callback: { url, secret: "the secret before" } };
  [browser, app] = await Promise.all([open(), createApp(fresh("instant"), settings)]);
  await server(app, "POST", "/notifiers", { name: "huawei-main", vendor: "huawei", credential: await credentialOf("huawei") });
  await bindAndLeave(app, "zoe", "Mate 60", "huawei-main", await deviceToken("huawei"));
  console = await Console.open(browser);
  await console.signInByToken(app.token);
});
afterAll(async () => {
  await browser.close();
  await deleteApp(app);
});

const button = (name: string) => console.page.getByRole("button", { name, exact: true });
const field = (name: string) => console.page.getByLabel(name, { exact: true });
const menu = (name: string) => console.page.getByRole("navigation").getByRole("link", { name, exact: true });

/** Answers the question before a push to many. */
async function confirm(name: string, action: string): Promise<void> {
  const dialog = console.page.getByRole("dialog");
  await dialog.getByRole("textbox").fill(name);
  await dialog.getByRole("button", { name: action, exact: true }).click();
}

it("a label is made and given to a user, and the page names whom the app does not have", async () => {
  const { page } = console;
  await menu(console.t("screen.labels")).click();
  await field(console.t("labels.name")).fill("vip");
  await button(console.t("action.create")).click();
  await page.getByRole("link", { name: "vip", exact: true }).click();
  await console.settled("vip");
  await field(console.t("names.label")).fill("zoe, nobody");
  await button(console.t("labels.add")).click();
  await page.getByText(console.t("labelFail.appUser not exists")).waitFor();
  await page.getByRole("link", { name: "zoe", exact: true }).waitFor();
});

it("a push to the user shows the vendor's answer, and leads to its trace", async () => {
  const { page } = console;
  await menu(console.t("screen.push")).click();
  await console.settled(console.t("screen.push"));
  await field(console.t("why.user")).fill("zoe");
  await field(console.t("test.title")).fill("For you");
  await button(console.t("test.send")).click();
  const results = page.getByRole("region", { name: console.t("push.answers"), exact: true });
  await results.getByText(console.t("pushStatus.SUCCESS"), { exact: true }).waitFor();
  expect(await results.locator("pre").innerText()).toContain("80000000");
  const link = results.getByRole("link");
  const [, id = ""] = /why\/(\w+)/.exec((await link.getAttribute("href")) ?? "") ?? [];
  await traceOf(app, id, "zoe");
  await link.click();
  await page.getByRole("heading", { level: 2 }).filter({ hasText: "zoe" }).waitFor();
  await page.getByText(console.t("why.attempt", { number: 1, outcome: console.t("outcome.success") })).waitFor();
});

it("a push to the label asks first, and its task is followed to its end", async () => {
  const { page } = console;
  await console.go("/labels/vip");
  await page.getByRole("link", { name: console.t("labels.push"), exact: true }).click();
  await console.settled(console.t("screen.push"));
  await field(console.t("test.title")).fill("Sale");
  await button(console.t("test.send")).click();
  await confirm("vip", console.t("test.send"));
  await console.settled("Sale");
  await page.getByText(console.t("tasks.allOf", { done: 1, total: 1 })).waitFor();
  expect(await button(console.t("tasks.pause")).count()).toBe(0);
  await until(async () => {
    const { data } = await server(app, "GET", new URL(page.url()).hash.replace("#/tasks", "/push/task"));
    return data.accepted === 1 ? true : undefined;
  });
  await button(console.t("action.refresh")).click();
  const accepted = page.getByText(console.t("tasks.accepted"), { exact: true }).locator("xpath=following-sibling::dd[1]");
  await expect.poll(() => accepted.innerText()).toBe("1");
});

it("the server that is told of pushes gets another secret, which is never shown again", async () => {
  const { page } = console;
  await menu(console.t("screen.settings")).click();
  await field("callback.secret").fill(secret);
  await button(console.t("callbacks.save")).click();
  await page.getByText(console.t("settings.saved")).waitFor();
  expect(await page.content()).not.toContain(secret);
  expect(await field("callback.secret").inputValue()).toBe("");
  await menu(console.t("screen.callbacks")).click();
  await page.getByText(url).waitFor();
});

it("what could not be told waits, and is sent again on request", async () => {
  const { page } = console;
  await until(async () => {
    const { data } = await server(app, "GET", "/callbacks/storage/info");
    return (data as unknown[]).length > 0 || undefined;
  });
  await button(console.t("callbacks.count")).click();
  await page.getByRole("button", { name: console.t("callbacks.retry") }).first().click();
  await page.getByRole("status").filter({ hasText: "on their way" }).waitFor();
});

it("nothing on the way broke the policy", () => {
  expect(console.faults).toEqual([]);
});
