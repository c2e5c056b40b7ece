/** The console in a browser, watched: what its policy refuses, what it logs, whom it calls and what it keeps. */

import { chromium, type Browser, type BrowserContext, type Page } from "playwright-core";

import { en } from "../src/i18n/en";
import { zh } from "../src/i18n/zh";
import { stack, type App } from "./stack";

export type Language = "en" | "zh";
export type Key = keyof typeof en;
export type Scheme = "light" | "dark";
export type View = { language: Language; scheme: Scheme; width: number; height: number };

export const address = `${stack.api_url}/console/`;
export const desktop: View = { language: "en", scheme: "light", width: 1280, height: 900 };

/** The text of a key as the page shows it. */
export function t(language: Language, key: Key, values: Record<string, string | number> = {}): string {
  const text: string = { en, zh }[language][key];
  return text.replace(/\{(\w+)\}/g, (place, name: string) => String(values[name] ?? place));
}

/** Starts the browser. It finds no host but the stack's. */
export function open(): Promise<Browser> {
  const executablePath = process.env["CURLEW_CHROMIUM"];
  if (!executablePath) {
    throw new Error("CURLEW_CHROMIUM names no browser; `make console-test` finds one");
  }
  return chromium.launch({
    executablePath,
    // Chromium's own sandbox refuses root.
    chromiumSandbox: process.getuid?.() !== 0,
    args: ["--no-proxy-server", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"],
  });
}

/** A page with everything that it did wrong. */
export class Console {
  /** What the policy refused, what was logged as an error, and requests to other hosts. */
  readonly faults: string[] = [];
  readonly view: View;

  private constructor(
    readonly context: BrowserContext,
    readonly page: Page,
    view: View,
  ) {
    this.view = view;
  }

  static async open(browser: Browser, view: Partial<View> = {}): Promise<Console> {
    const full = { ...desktop, ...view };
    const context = await browser.newContext({
      viewport: { width: full.width, height: full.height },
      locale: full.language === "zh" ? "zh-CN" : "en-GB",
      timezoneId: "UTC",
      colorScheme: full.scheme,
      reducedMotion: "reduce",
    });
    const one = new Console(context, await context.newPage(), full);
    context.setDefaultTimeout(15_000);
    await one.watch();
    await one.page.goto(`${address}index.html`);
    return one;
  }

  private async watch(): Promise<void> {
    const { page, faults } = this;
    await page.exposeFunction("curlewViolation", (text: string) => faults.push(`policy: ${text}`));
    await page.addInitScript(() => {
      document.addEventListener("securitypolicyviolation", (event) => {
        const report = (window as unknown as { curlewViolation: (text: string) => void }).curlewViolation;
        report(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
      });
    });
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") {
        faults.push(`console: ${message.text()} ${message.location().url}`);
      }
    });
    page.on("pageerror", (error) => faults.push(`script: ${error.stack ?? error.message}`));
    page.on("request", (request) => {
      if (new URL(request.url()).origin !== stack.api_url && !request.url().startsWith("data:")) {
        faults.push(`request: ${request.url()}`);
      }
    });
  }

  t(key: Key, values: Record<string, string | number> = {}): string {
    return t(this.view.language, key, values);
  }

  /** Waits until the screen with this heading is there, and nothing on it is on its way. */
  async settled(heading?: string): Promise<void> {
    if (heading !== undefined) {
      await this.page.getByRole("heading", { level: 1, name: heading, exact: true }).waitFor();
    }
    await this.page.waitForFunction(() => document.querySelector("[aria-busy='true']") === null);
  }

  /** Goes to the screen of this address behind the `#`. */
  async go(path: string): Promise<void> {
    await this.page.evaluate((hash) => (location.hash = hash), path);
  }

  // ---- signing in ----

  private async way(label: Key): Promise<void> {
    await this.page.getByRole("radio", { name: this.t(label), exact: true }).check();
  }

  private async enter(): Promise<void> {
    await this.page.getByRole("button", { name: this.t("signIn.enter"), exact: true }).click();
  }

  async signInOperator(key = stack.operator_key): Promise<void> {
    await this.way("signIn.byOperator");
    await this.page.getByLabel(this.t("signIn.operatorKey"), { exact: true }).fill(key);
    await this.enter();
  }

  async signInByApp({ org, app, client_id, client_secret }: Omit<App, "token">): Promise<void> {
    await this.way("signIn.byApp");
    await this.page.getByLabel(this.t("signIn.org"), { exact: true }).fill(org);
    await this.page.getByLabel(this.t("signIn.app"), { exact: true }).fill(app);
    await this.page.getByLabel("client_id").fill(client_id);
    await this.page.getByLabel("client_secret").fill(client_secret);
    await this.enter();
  }

  async signInByToken(token: string): Promise<void> {
    await this.way("signIn.byToken");
    await this.page.getByLabel(this.t("signIn.token"), { exact: true }).fill(token);
    await this.enter();
  }

  /** The operator opens the app from the list, where it may stand on a later page. */
  async openApp({ org, app }: { org: string; app: string }): Promise<void> {
    await this.go(`/apps/${org}/${app}`);
    await this.settled(`${org}#${app}`);
    await this.page.getByRole("button", { name: this.t("apps.openScreens"), exact: true }).click();
    await this.page.getByText(`${org}#${app}`, { exact: true }).first().waitFor();
  }

  // ---- what it looks like ----

  /** What reaches beyond the right edge of the window, so that the page scrolls to the side. */
  wider(): Promise<string[]> {
    return this.page.evaluate(() =>
      document.documentElement.scrollWidth <= innerWidth
        ? []
        : [...document.querySelectorAll("body *")]
            .filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
            .map((element) => `${element.tagName.toLowerCase()}.${element.className}`)
            .slice(0, 5),
    );
  }

  async close(): Promise<void> {
    await this.context.close();
  }
}
