/** What goes wrong is said, and costs nothing that was typed. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import { Console, open } from "./console";
import { createApp, credentialOf, deleteApp, deviceToken, openApp, send, server, stack, until } from "./stack";
import { build, hostile, type World } from "./world";

let browser: Browser;
let world: World;

beforeAll(async () => {
  [browser, world] = await Promise.all([open(), build()]);
});
afterAll(async () => {
  await browser.close();
  await deleteApp(world.app);
});

async function opened(): Promise<Console> {
  const console = await Console.open(browser);
  onTestFinished(() => console.close());
  return console;
}

const policy = (console: Console) => console.faults.filter((fault) => !fault.startsWith("console:"));

describe("signing in", () => {
  it("with a wrong operator key is refused on the same page", async () => {
    const console = await opened();
    await console.signInOperator("not the key");
    expect(await console.page.getByRole("alert").innerText()).toContain(console.t("failure.signedOut"));
    await console.page.getByRole("heading", { level: 1, name: console.t("signIn.title") }).waitFor();
    await console.signInOperator();
    await console.settled(console.t("screen.apps"));
    expect(policy(console)).toEqual([]);
  });

  it("with a wrong client secret keeps what was typed", async () => {
    const console = await opened();
    await console.signInByApp({ ...world.app, client_secret: "not the secret" });
    await console.page.getByRole("alert").waitFor();
    expect(await console.page.getByLabel("client_id").inputValue()).toBe(world.app.client_id);
    expect(await console.page.getByLabel(console.t("signIn.app"), { exact: true }).inputValue()).toBe(world.app.app);
  });
});

describe("a token that ends", () => {
  it("asks to sign in again above the form, which keeps what was typed", async () => {
    const console = await opened();
    const { token } = await openApp(world.app, 10);
    await console.signInByToken(token);
    await console.go("/templates");
    await console.settled(console.t("screen.templates"));
    const name = console.page.getByLabel(console.t("templates.name"), { exact: true });
    await name.fill("halftyped");
    await console.page.getByLabel(console.t("templates.title"), { exact: true }).fill("A title");
    await console.page.getByLabel(console.t("templates.content"), { exact: true }).fill("A text");
    await until(async () => {
      const ended = await server({ ...world.app, token }, "GET", "/push/settings").then(() => false, () => true);
      return ended || undefined;
    });
    await console.page.getByRole("button", { name: console.t("action.create"), exact: true }).click();
    const dialog = console.page.getByRole("dialog", { name: console.t("signIn.again") });
    await dialog.waitFor();
    await console.signInByToken((await openApp(world.app)).token);
    await dialog.waitFor({ state: "hidden" });
    expect(await name.inputValue()).toBe("halftyped");
    await console.page.getByRole("button", { name: console.t("action.create"), exact: true }).click();
    await console.page.getByRole("rowheader", { name: "halftyped", exact: true }).waitFor();
    expect(policy(console)).toEqual([]);
  });
});

describe("a link to a decision", () => {
  it("of another app is not asked of the app that is open, and is followed once that app is opened", async () => {
    const console = await opened();
    const other = await createApp();
    onTestFinished(() => deleteApp(other));
    await console.signInOperator();
    await console.openApp(other);
    await console.go(`/why/${world.pushed}?user=ann&org=${world.app.org}&app=${world.app.app}`);
    const name = `${world.app.org}#${world.app.app}`;
    await console.page.getByText(console.t("link.text", { app: name })).waitFor();
    await console.page.getByRole("button", { name: console.t("apps.openNamed", { name }), exact: true }).click();
    await console.page.getByRole("heading", { level: 2, name: console.t("why.about", { id: world.pushed, user: "ann" }), exact: true }).waitFor();
    await console.page.getByText(console.t("why.rules")).waitFor();
    expect(console.faults).toEqual([]);
  });
});

describe("an API that is slow", () => {
  it("is waited for in sight, and what was asked before is not taken for its answer", async () => {
    const console = await opened();
    await console.signInByToken(world.app.token);
    await console.go(`/why/${world.pushed}?user=ann`);
    await console.page.getByRole("heading", { level: 2, name: console.t("why.about", { id: world.pushed, user: "ann" }), exact: true }).waitFor();
    let go = () => {};
    const held = new Promise<void>((resolve) => (go = resolve));
    await console.page.route(`${stack.api_url}/${world.app.org}/${world.app.app}/push/trace/${world.silent}?**`, async (route) => {
      await held;
      await route.continue();
    });
    await console.go(`/why/${world.silent}?user=ben`);
    await console.page.getByRole("progressbar", { name: console.t("page.loading") }).waitFor();
    expect(await console.page.getByText(console.t("why.rules")).count()).toBe(0);
    go();
    await console.page.getByRole("heading", { level: 2, name: console.t("why.about", { id: world.silent, user: "ben" }), exact: true }).waitFor();
    expect(console.faults).toEqual([]);
  });
});

describe("an API that is down", () => {
  it("costs nothing of a form, which works once it is up", async () => {
    const console = await opened();
    await console.signInByToken(world.app.token);
    await console.go("/certificates?new");
    await console.settled(console.t("certificates.new"));
    const credential = await credentialOf("fcm");
    const file = { name: "fcm.json", mimeType: "application/json", buffer: Buffer.from(JSON.stringify(credential)) };
    await console.page.getByLabel(console.t("certificates.name"), { exact: true }).fill("fcm-second");
    await console.page.getByLabel(console.t("certificates.file"), { exact: true }).setInputFiles(file);
    await console.page.getByText(console.t("certificates.fileTaken")).waitFor();
    const api = `${stack.api_url}/${world.app.org}/**`;
    await console.page.route(api, (route) => route.abort("connectionrefused"));
    await console.page.getByRole("button", { name: console.t("action.create"), exact: true }).click();
    await console.page.getByRole("alert").getByText(console.t("failure.network")).waitFor();
    expect(await console.page.getByLabel(console.t("certificates.name"), { exact: true }).inputValue()).toBe("fcm-second");
    expect(await console.page.getByLabel(/^project_id/).inputValue()).toBe(credential["project_id"]);
    await console.page.unroute(api);
    await console.page.getByRole("button", { name: console.t("action.create"), exact: true }).click();
    await console.settled("fcm-second");
    expect(policy(console)).toEqual([]);
  });

  it("is said on every screen that reads, with a button that tries again", async () => {
    const console = await opened();
    await console.signInByToken(world.app.token);
    await console.page.getByText(`${world.app.org}#${world.app.app}`, { exact: true }).first().waitFor();
    const api = `${stack.api_url}/${world.app.org}/**`;
    for (const screen of ["users", "funnel", "quotas", "settings", "templates", "certificates"]) {
      await console.page.route(api, (route) => route.abort("connectionrefused"));
      await console.go(`/${screen}`);
      const alert = console.page.getByRole("alert").filter({ hasText: console.t("failure.network") }).first();
      await alert.waitFor();
      await console.page.unroute(api);
      await alert.getByRole("button", { name: console.t("action.retry"), exact: true }).click();
      await alert.waitFor({ state: "hidden" });
    }
  });
});

describe("ten thousand users", () => {
  it("are loaded on request, drawn a hundred at a time, and searched", async () => {
    const console = await opened();
    await console.signInByToken(world.app.token);
    await console.page.route(`${stack.api_url}/${world.app.org}/${world.app.app}/users?**`, (route) => {
      const from = Number(new URL(route.request().url()).searchParams.get("cursor") ?? 0);
      const entities = Array.from({ length: 100 }, (_, index) => ({ username: `user-${String(from + index).padStart(5, "0")}` }));
      return route.fulfill({ json: { entities, count: 100, ...(from + 100 < 10_000 ? { cursor: String(from + 100) } : {}) } });
    });
    await console.go("/users");
    await console.settled(console.t("screen.users"));
    await console.page.getByRole("button", { name: console.t("list.all"), exact: true }).click();
    await console.page.getByText(console.t("list.range", { from: 1, to: 100, count: "10,000" })).waitFor();
    expect(await console.page.getByRole("table").getByRole("rowheader").count()).toBe(100);
    await console.page.getByRole("searchbox").fill("user-09876");
    await console.page.getByRole("rowheader", { name: "user-09876", exact: true }).waitFor();
    expect(await console.page.getByRole("table").getByRole("rowheader").count()).toBe(1);
    expect(console.faults).toEqual([]);
  });
});

describe("hostile names", () => {
  it("of a device are shown with their blanks, and the user's name confirms what is done to it", async () => {
    const console = await opened();
    const device = "a  b\u200b ";
    await server(world.app, "PUT", "/users/eve/push/binding", { device_id: device, notifier_name: "fcm-main", device_token: await deviceToken("fcm") });
    await console.signInByToken(world.app.token);
    await console.go("/users/eve");
    await console.page.getByRole("button", { name: console.t("users.unbind"), exact: true }).click();
    const dialog = console.page.getByRole("dialog");
    const about = dialog.locator("bdi").first();
    expect(await about.textContent()).toBe(device);
    expect(await about.evaluate((element) => getComputedStyle(element).whiteSpace)).toBe("pre-wrap");
    await dialog.getByRole("textbox").fill("eve");
    await dialog.getByRole("button", { name: console.t("users.unbind"), exact: true }).click();
    await dialog.waitFor({ state: "hidden" });
    expect(policy(console)).toEqual([]);
  });

  it("are shown as text wherever they come", async () => {
    const console = await opened();
    const { app } = world;
    const titled = await send(app, "dan", "ann", hostile, { ext: { em_push_ext: { title: hostile, content: hostile } } });
    await console.signInByToken(app.token);
    const shown = async (path: string, look: () => Promise<unknown>) => {
      await console.go(path);
      await look();
      await console.settled();
      expect(await console.page.locator("img[src=x]").count()).toBe(0);
      expect(await console.page.title()).not.toBe("taken");
    };
    const text = () => console.page.getByText(hostile).first().waitFor();
    await shown("/users/ann", text);
    await shown("/templates", text);
    await shown("/certificates/fcm-main", async () => {
      const option = console.page.getByLabel("channel_id", { exact: true });
      await expect.poll(() => option.inputValue()).toBe(hostile);
    });
    await shown(`/why/${encodeURIComponent(titled)}?user=ann`, () => console.page.getByText(console.t("why.rules")).waitFor());
    await shown(`/why/${encodeURIComponent(hostile)}?user=${encodeURIComponent(hostile)}`, () => console.page.getByRole("alert").waitFor());
    await shown(`/users/${encodeURIComponent(hostile)}`, () => console.page.getByRole("alert").first().waitFor());
    await console.go("/why");
    const form = console.page.locator("form").filter({ has: console.page.getByRole("heading", { name: console.t("why.try") }) });
    await form.getByLabel(console.t("why.user"), { exact: true }).fill("ann");
    await form.getByLabel("body.msg").fill(hostile);
    await form.getByText(console.t("why.options")).click();
    await form.getByRole("button", { name: console.t("action.show"), exact: true }).click();
    await console.page.locator("summary").filter({ hasText: console.t("why.notification") }).click();
    await text();
    expect(await console.page.locator("img[src=x]").count()).toBe(0);
    expect(policy(console)).toEqual([]);
  });
});
