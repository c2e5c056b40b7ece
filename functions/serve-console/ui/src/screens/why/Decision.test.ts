import { render, screen, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import Decision, { type Decided } from "./Decision.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";

function decided(change: Partial<Decided> = {}): Decided {
  return {
    verdict: "skip",
    reason: "user ignore push",
    rules: [
      { rule: "presence", inputs: { online_devices: [] }, verdict: "pass" },
      { rule: "bindings", inputs: {}, verdict: "skip", reason: "no push binding" },
      { rule: "do-not-disturb", inputs: { zone: HOSTILE }, verdict: "skip", reason: "user ignore push" },
    ],
    devices: [],
    ...change,
  };
}

describe("a decision", () => {
  it("lights the rule that ended it, and says what to do", () => {
    render(Decision, { decided: decided() });
    const lit = screen.getAllByRole("listitem").filter((item) => item.getAttribute("aria-current") === "true");
    expect(lit).toHaveLength(1);
    expect(within(lit[0]!).getByText("do-not-disturb")).toBeTruthy();
    expect(screen.getByText("If the hour looks wrong, check the time zones of user and app.")).toBeTruthy();
  });

  it("lights no rule of a push", () => {
    const { reason: _, ...push } = decided({ verdict: "push" });
    render(Decision, { decided: push });
    expect(screen.getAllByRole("listitem").some((item) => item.hasAttribute("aria-current"))).toBe(false);
  });

  it("shows hostile names as text", () => {
    const device = { device_id: HOSTILE, verdict: "push" as const, attempts: [], receipts: [] };
    const { container } = render(Decision, { decided: decided({ devices: [device] }) });
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getByRole("heading", { name: HOSTILE })).toBeTruthy();
  });

  it("orders attempts and receipts by time", () => {
    const attempts = [
      { at: 2_000, outcome: "success" as const, attempt: 2 },
      { at: 1_000, outcome: "throttled" as const, attempt: 1 },
    ];
    const receipts = [{ at: 3_000, event: "delivered" }];
    const device = { device_id: "phone", verdict: "push" as const, attempts, receipts };
    const { container } = render(Decision, { decided: decided({ devices: [device] }) });
    const steps = [...container.querySelectorAll("article li strong")].map((step) => step.textContent);
    expect(steps).toEqual(["Attempt 1: throttled", "Attempt 2: success", "Receipt: delivered"]);
  });

  it("survives a reason that only a newer API knows", () => {
    render(Decision, { decided: decided({ reason: "brand new" as Decided["reason"] & string }) });
    expect(screen.getAllByText("brand new").length).toBeGreaterThan(0);
  });
});
