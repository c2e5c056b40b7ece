/** What the page may do, and what it keeps. */

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { Console, open } from "./console";
import { createApp, deleteApp, stack, type App } from "./stack";

let browser: Browser;
let app: App;
let console: Console;

beforeAll(async () => {
  [browser, app] = await Promise.all([open(), createApp()]);
});
afterAll(async () => {
  await browser.close();
  await deleteApp(app);
});

async function signedIn(keep: boolean): Promise<Console> {
  console = await Console.open(browser);
  if (keep) {
    await console.page.getByRole("checkbox", { name: console.t("signIn.keep") }).check();
  }
  await console.signInOperator();
  await console.openApp(app);
  await console.settled();
  return console;
}

/** Everything that the browser keeps for the page. */
async function kept() {
  const stored = await console.page.evaluate(() => ({ local: { ...localStorage }, session: { ...sessionStorage } }));
  return { ...stored, cookies: await console.context.cookies() };
}

describe("the policy", () => {
  it("refuses what the page does not need, and the watch sees it", async () => {
    console = await Console.open(browser);
    await console.settled(console.t("signIn.title"));
    expect(console.faults).toEqual([]);
    await console.page.evaluate(() => {
      const script = document.createElement("script");
      script.textContent = "document.title = 'taken'";
      document.body.append(script);
      document.body.setAttribute("style", "color: red");
      void fetch("https://example.com/").catch(() => undefined);
      document.body.append(Object.assign(document.createElement("img"), { src: "https://example.com/x.png" }));
    });
    for (const refused of ["script-src-elem inline", "style-src-attr inline", "connect-src https://example.com/", "img-src https://example.com/x.png"]) {
      await expect.poll(() => console.faults.join("\n")).toContain(`policy: ${refused}`);
    }
    expect(await console.page.title()).not.toBe("taken");
    await console.close();
  });

  it("is the one that the issue of the page demands", async () => {
    const answer = await fetch(`${stack.api_url}/console/index.html`);
    const policy = answer.headers.get("content-security-policy")!.split("; ");
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:", "connect-src 'self'"]) {
      expect(policy).toContain(part);
    }
    expect(policy).toEqual(expect.arrayContaining(["frame-ancestors 'none'", "base-uri 'none'"]));
    expect(answer.headers.get("set-cookie")).toBeNull();
  });
});

describe("what the page keeps", () => {
  it("is nothing, so that a reload ends the session", async () => {
    await signedIn(false);
    expect(await kept()).toEqual({ local: {}, session: {}, cookies: [] });
    await console.page.reload();
    await console.settled(console.t("signIn.title"));
    expect(console.faults).toEqual([]);
    await console.close();
  });

  it("is a bearer until the tab ends if its user wants that, and never the key", async () => {
    await signedIn(true);
    const { local, session, cookies } = await kept();
    expect([local, cookies]).toEqual([{}, []]);
    expect(Object.keys(session)).toEqual(["curlew.session"]);
    expect(JSON.stringify(session)).not.toContain(stack.operator_key);
    expect(await console.page.content()).not.toContain(stack.operator_key);
    await console.page.reload();
    await console.page.getByText(`${app.org}#${app.app}`, { exact: true }).first().waitFor();
    await console.page.getByRole("button", { name: console.t("page.signOut"), exact: true }).click();
    await console.settled(console.t("signIn.title"));
    expect(await kept()).toEqual({ local: {}, session: {}, cookies: [] });
    expect(console.faults).toEqual([]);
    await console.close();
  });

  it("is the language and the colours that its user chose, and these outlast a reload", async () => {
    console = await Console.open(browser);
    await console.page.getByRole("button", { name: "中文", exact: true }).click();
    await console.page.getByRole("combobox").selectOption("dark");
    expect((await kept()).local).toEqual({ "curlew.language": "zh", "curlew.theme": "dark" });
    await console.page.reload();
    expect(await console.page.locator("html").getAttribute("lang")).toBe("zh-CN");
    expect(await console.page.locator("html").getAttribute("data-theme")).toBe("dark");
    expect(console.faults).toEqual([]);
    await console.close();
  });
});
