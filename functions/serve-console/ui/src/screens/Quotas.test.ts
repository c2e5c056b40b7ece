import { render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";

import { session } from "../lib/session.svelte";
import { stubApi } from "../test/api";
import Quotas from "./Quotas.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const MINUTE = 60_000;
const notifier = (name: string, quota?: object) => ({
  name, vendor: "oppo", state: "enabled", options: {}, createdAt: 1, updatedAt: 1, fingerprint: "ab", warnings: [],
  health: { state: "enabled", since: 1, ...(quota ? { quota } : {}) },
});
const open = (data: unknown[]) => {
  stubApi(() => ({ body: { data, count: data.length } }));
  return render(Quotas);
};
const cells = (name: string) => within(screen.getByRole("link", { name }).closest("tr")!).getAllByRole("cell");

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "support", expires: null }, false));

describe("quotas", () => {
  it("are told class by class: which is used up, until when, and how long that is", async () => {
    const quota = { marketing: { code: "33", until: Date.now() + 90 * MINUTE + 30_000 }, im: { code: HOSTILE, until: Date.now() - MINUTE } };
    const { container } = open([notifier("fine"), notifier("used", quota)]);
    await screen.findByRole("link", { name: "used" });
    const [im, mention, , , marketing] = cells("used");
    expect(marketing!.textContent).toContain("used up");
    expect(marketing!.textContent).toContain("1 hr 30 mins left");
    expect(within(marketing!).getByRole("meter").getAttribute("aria-label")).toBe("Time until marketing resets");
    expect(im!.textContent).toContain("Was used up until");
    expect(mention!.textContent).toContain("not used up");
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getAllByRole("rowheader")[0]!.textContent).toContain("used");
  });

  it("say so when none is used up", async () => {
    open([notifier("fine")]);
    expect((await screen.findByText("No quota is used up.")).getAttribute("role")).toBe("status");
    expect(cells("fine")).toHaveLength(5);
  });
});
