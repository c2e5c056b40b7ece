/** Every screen in both languages, light and dark, on a desk and on a phone. */

import { mkdirSync } from "node:fs";

import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { findings } from "./axe";
import { Console, open, type View } from "./console";
import { screens } from "./screens";
import { deleteApp, root } from "./stack";
import { build, traffic, type World } from "./world";

const pictures = new URL(".local/screenshots/", root);
const views: View[] = (["en", "zh"] as const).flatMap((language) =>
  (["light", "dark"] as const).flatMap((scheme) =>
    [
      { width: 1280, height: 900 },
      { width: 320, height: 640 },
    ].map((size) => ({ language, scheme, ...size })),
  ),
);

function nameOf({ language, scheme, width }: View): string {
  return `${language}-${scheme}-${width}`;
}

let browser: Browser;
let world: World;

beforeAll(async () => {
  mkdirSync(pictures, { recursive: true });
  [browser, world] = await Promise.all([open(), build()]);
  await traffic(world);
});
afterAll(async () => {
  await browser.close();
  await deleteApp(world.app);
});

describe.each(views.map((view) => ({ view, name: nameOf(view) })))("$name:", ({ view }) => {
  let console: Console;

  beforeAll(async () => {
    console = await Console.open(browser, view);
  });
  afterAll(() => console.close());

  async function judge(name: string) {
    await console.page.screenshot({ path: new URL(`${name}-${nameOf(view)}.png`, pictures).pathname, fullPage: true });
    expect(await console.page.getByRole("alert").allTextContents()).toEqual([]);
    expect(await findings(console.page)).toEqual([]);
    expect(await console.wider()).toEqual([]);
    expect(console.faults.splice(0)).toEqual([]);
  }

  it("the sign-in is sound", async () => {
    await console.settled(console.t("signIn.title"));
    await judge("sign-in");
    await console.signInOperator();
    await console.openApp(world.app);
  });

  it.each(screens.map((screen) => [screen.name, screen] as const))("the screen %s is sound", async (_, screen) => {
    await console.go(screen.path(world));
    await console.settled(screen.heading(console, world));
    await judge(screen.name);
  });
});
