/** The way of an operator: from an app that does not exist yet to the reason of a push, with the counts of it. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, it } from "vitest";

import { Console, open } from "./console";
import {
  bindAndLeave, credentialOf, deleteApp, deviceToken, fresh, openApp, reportDelivered, send, server, stack, traceOf, until, type App,
} from "./stack";

let browser: Browser;
let console: Console;
const names = { org: "browser", app: fresh("story") };
const token = await deviceToken("huawei");
let app: App;
let receiptUrl = "";

beforeAll(async () => {
  browser = await open();
  console = await Console.open(browser);
});
afterAll(async () => {
  await browser.close();
  await deleteApp({ ...names, client_id: "", client_secret: "", token: "" });
});

const button = (name: string) => console.page.getByRole("button", { name, exact: true });
const link = (name: string) => console.page.getByRole("link", { name, exact: true });
const field = (name: string) => console.page.getByLabel(name, { exact: true });

it("the operator signs in and creates an app, whose secret is shown once", async () => {
  const { page } = console;
  await console.signInOperator();
  await console.settled(console.t("screen.apps"));
  await link(console.t("apps.new")).click();
  await field(console.t("signIn.org")).fill(names.org);
  await field(console.t("signIn.app")).fill(names.app);
  await button(console.t("action.create")).click();
  const [client_id, client_secret] = [await field("client_id").inputValue(), await field("client_secret").inputValue()];
  app = await openApp({ ...names, client_id, client_secret });
  await button(console.t("once.done")).click();
  await console.settled(`${names.org}#${names.app}`);
  expect(await page.content()).not.toContain(client_secret);
  expect(await page.locator("input").evaluateAll((inputs) => inputs.map((input) => (input as HTMLInputElement).value))).not.toContain(client_secret);
  await button(console.t("apps.openScreens")).click();
});

it("makes a certificate of the vendor's file, whose secret is never shown again", async () => {
  const { page } = console;
  const credential = await credentialOf("huawei");
  await link(console.t("screen.certificates")).click();
  await link(console.t("certificates.new")).click();
  await field(console.t("certificates.vendor")).selectOption("huawei");
  await field(console.t("certificates.name")).fill("huawei-main");
  const file = { name: "huawei.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(credential)) };
  await field(console.t("certificates.file")).setInputFiles(file);
  await page.getByText(console.t("certificates.fileTaken")).waitFor();
  await button(console.t("action.create")).click();
  await console.settled("huawei-main");
  receiptUrl = await field(console.t("certificates.receipts")).inputValue();
  expect(await page.content()).not.toContain(credential["client_secret"]);
});

it("sends a test push to a device token", async () => {
  const { page } = console;
  await page.getByRole("navigation").getByRole("link", { name: console.t("screen.test"), exact: true }).click();
  await field(console.t("test.certificate")).selectOption("huawei-main");
  await field(console.t("test.token")).fill(token);
  await button(console.t("test.send")).first().click();
  await page.getByText(console.t("test.success")).waitFor();
});

it("follows a message to a user until its push has ended", async () => {
  const { page } = console;
  await bindAndLeave(app, "zoe", "Mate 60", "huawei-main", token);
  const form = page.locator("form").filter({ has: page.getByRole("heading", { name: console.t("test.byUser"), exact: true }) });
  await form.getByLabel(console.t("why.user"), { exact: true }).fill("zoe");
  await form.getByLabel(console.t("why.text"), { exact: true }).fill("From the console");
  await form.getByRole("button", { name: console.t("test.send"), exact: true }).click();
  await page.getByText(console.t("test.ended.done")).waitFor();
  await page.getByText(console.t("why.attempt", { number: 1, outcome: console.t("outcome.success") })).waitFor();
});

it("sees the user and the templates of an app as it was created, with advanced push off", async () => {
  const { page } = console;
  await console.go("/users/zoe");
  await page.getByRole("heading", { level: 2, name: "zoe", exact: true }).waitFor();
  await page.getByText(console.t("users.advancedOff")).waitFor();
  await console.settled();
  expect(await page.getByRole("alert").allTextContents()).toEqual([]);
  await console.go("/templates");
  await page.getByText(console.t("templates.off")).waitFor();
  expect(await page.getByRole("alert").allTextContents()).toEqual([]);
  await page.getByRole("main").getByRole("link", { name: console.t("screen.settings"), exact: true }).click();
  await console.settled(console.t("screen.settings"));
});

it("asks why a message was pushed, and sees the vendor's answer and its receipt", async () => {
  const { page } = console;
  const id = await send(app, "yan", "zoe", "From the server");
  await traceOf(app, id, "zoe");
  await reportDelivered("huawei", token, receiptUrl);
  await page.getByRole("navigation").getByRole("link", { name: console.t("screen.why"), exact: true }).click();
  const form = page.locator("form").filter({ has: page.getByRole("heading", { name: console.t("why.byId"), exact: true }) });
  await form.getByLabel(console.t("why.messageId"), { exact: true }).fill(id);
  await form.getByLabel(console.t("why.user"), { exact: true }).fill("zoe");
  await form.getByRole("button", { name: console.t("action.show"), exact: true }).click();
  await page.getByText(console.t("why.attempt", { number: 1, outcome: console.t("outcome.success") })).waitFor();
  await page.getByText(console.t("why.receiptEvent", { event: "delivered" })).waitFor();
  // A link to the page opens the same.
  expect(page.url()).toBe(`${stack.api_url}/console/index.html#/why/${id}?user=zoe&org=${names.org}&app=${names.app}`);
});

it("sees both messages counted", async () => {
  const { page } = console;
  await until(async () => {
    const { data } = await server(app, "GET", `/push/stats?from=${Date.now() - 60_000}&to=${Date.now()}`);
    const counts = data as { accepted: number; delivered: number | null }[];
    const sum = (name: "accepted" | "delivered") => counts.reduce((total, count) => total + (count[name] ?? 0), 0);
    return sum("accepted") === 2 && sum("delivered") === 1 ? true : undefined;
  });
  await page.getByRole("navigation").getByRole("link", { name: console.t("screen.funnel"), exact: true }).click();
  await console.settled(console.t("screen.funnel"));
  const steps = page.getByRole("table", { name: console.t("funnel.all") });
  const step = (name: string) => steps.getByRole("row", { name }).getByRole("cell").first().innerText();
  expect(await step(console.t("funnel.decided"))).toBe("2");
  expect(await step(console.t("funnel.accepted"))).toBe("2");
  expect(await step(console.t("funnel.delivered"))).toBe("1");
});

it("finds nothing that broke the policy on the way", () => {
  // While a trace is not there yet, the API answers 404, which a browser logs.
  const faults = console.faults.filter((fault) => !(fault.includes("status of 404") && fault.includes("/push/trace/")));
  expect(faults).toEqual([]);
});
