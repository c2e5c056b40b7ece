import { render, screen, within } from "@testing-library/svelte";
import { describe, expect, it } from "vitest";

import Decision, { type Decided } from "./Decision.svelte";
import { outcomeOf } from "./outcome";

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
    expect(screen.getByText("Nothing. If the hour looks wrong, check the time zones of the user and of the app.")).toBeTruthy();
  });

  it("lights no rule of a push", () => {
    const { reason: _, ...push } = decided({ verdict: "push" });
    render(Decision, { decided: push });
    expect(screen.getAllByRole("listitem").some((item) => item.hasAttribute("aria-current"))).toBe(false);
  });

  it("shows each input of the deciding rule by its name, and instants as times", () => {
    const rule = { rule: "do_not_disturb", inputs: { level: "app", until: 1_767_225_600_000 }, verdict: "skip" as const, reason: "user ignore push" as const };
    render(Decision, { decided: decided({ rules: [rule] }) });
    const lit = screen.getByText("This rule decided.").closest("li")!;
    expect(within(lit).getByText("Does do-not-disturb apply now?", { exact: false })).toBeTruthy();
    expect(lit.querySelector("details")!.open).toBe(true);
    expect(within(lit).getByText("level").closest("dt")!.nextElementSibling!.textContent).toBe("app");
    expect(within(lit).getByText("until").closest("dt")!.nextElementSibling!.textContent).toContain("2026");
  });

  it("shows hostile names as text", () => {
    const device = {
      device_id: HOSTILE,
      notifier_name: HOSTILE,
      verdict: "push" as const,
      attempts: [{ at: 1, outcome: "fail" as const, attempt: 1, detail: HOSTILE }],
      receipts: [{ at: 2, event: HOSTILE, code: HOSTILE }],
    };
    const { container } = render(Decision, { decided: decided({ devices: [device] }) });
    expect(container.querySelector("img")).toBeNull();
    expect(screen.getByRole("heading", { name: HOSTILE })).toBeTruthy();
    expect(container.querySelector("article")!.textContent).toContain(`Receipt: ${HOSTILE}`);
  });

  it("leads from a reason to the user and the certificate that it is about", () => {
    const device = { device_id: "phone", notifier_name: "my/cert", verdict: "skip" as const, reason: "notifier disabled" as const };
    render(Decision, { decided: decided({ devices: [device] }), user: "ann" });
    const links = screen.getAllByRole("link", { name: "Go there" }).map((link) => link.getAttribute("href"));
    expect(links).toEqual(["#/users/ann", "#/certificates/my%2Fcert"]);
  });

  it("shows the lengths of what support staff may not read", () => {
    const notification = { title: 12, content: 1_024, custom: 80, class: "im", replace_id: "01J", options: 2 } as unknown as NonNullable<
      Decided["devices"][number]["notification"]
    >;
    render(Decision, { decided: decided({ devices: [{ device_id: "phone", verdict: "push", notification, vendor_request: 512 }] }) });
    const shown = (name: string) => screen.getByText(name).closest("dt")!.nextElementSibling!.textContent.trim();
    expect([shown("title"), shown("content"), shown("custom"), shown("class")]).toEqual(["12 characters", "1,024 characters", "80 bytes", "im"]);
    expect(screen.getByText("512 bytes")).toBeTruthy();
  });

  it("tells a push in the order of time, with the time between the steps", () => {
    const attempts = [
      { at: 66_200, outcome: "success" as const, attempt: 2, vendor_message_id: "v-1" },
      { at: 1_200, outcome: "throttled" as const, attempt: 1, detail: "code 429" },
    ];
    const receipts = [{ at: 66_540, event: "delivered", code: 0 }];
    const device = { device_id: "phone", verdict: "push" as const, attempts, receipts };
    const { container } = render(Decision, { decided: decided({ verdict: "push", accepted_at: 1_000, devices: [device] }) });
    const steps = [...container.querySelectorAll("article li")];
    expect(steps.map((step) => step.querySelector("strong")!.textContent)).toEqual([
      "Accepted by Curlew",
      "Decided to push, queued for the vendor",
      "Attempt 1: throttled by the vendor",
      "Attempt 2: accepted by the vendor",
      "Receipt: delivered",
    ]);
    expect(steps.map((step) => step.textContent.match(/[\d.]+ \S+( \d+ \S+)? later/)?.[0])).toEqual([
      undefined, undefined, "200 ms later", "1 min 5 secs later", "340 ms later",
    ]);
    expect(steps[2]!.textContent).toContain("code 429");
    expect(steps[3]!.textContent).toContain("v-1");
  });

  it("shows a report behind the attempt that it is of, even where its clock is ahead", () => {
    const attempts = [{ at: 2_000, outcome: "success" as const, attempt: 1, vendor_message_id: "v-1" }];
    const receipts = [{ at: 1_999, event: "delivered", vendor_message_id: "v-1" }];
    const device = { device_id: "phone", verdict: "push" as const, attempts, receipts };
    const { container } = render(Decision, { decided: decided({ verdict: "push", accepted_at: 1_000, devices: [device] }) });
    const steps = [...container.querySelectorAll("article li")].map((step) => step.textContent);
    expect(steps.map((step) => /Attempt|Receipt/.exec(step)?.[0])).toEqual([undefined, undefined, "Attempt", "Receipt"]);
    expect(steps[3]).not.toContain("later");
  });

  it("says what to do about the reason that ended a push", () => {
    const attempts = [{ at: 2_000, outcome: "fail" as const, attempt: 1, reason: "quota used up" as const, detail: "33" }];
    const device = { device_id: "phone", notifier_name: "cert", verdict: "push" as const, attempts, receipts: [] };
    const { container } = render(Decision, { decided: decided({ verdict: "push", devices: [device] }) });
    const lane = container.querySelector<HTMLElement>("article")!;
    expect(lane.textContent).toContain("The vendor's quota for this class of pushes was used up.");
    expect(within(lane).getByRole("link", { name: "Go there" }).getAttribute("href")).toBe("#/quotas");
  });

  it("says where attempts are missing, and that a push waits", () => {
    const kept = [1, 2, 9].map((attempt) => ({ at: attempt * 1_000, outcome: "unavailable" as const, attempt }));
    const devices = [
      { device_id: "old", verdict: "push" as const, attempts: kept, receipts: [] },
      { device_id: "new", verdict: "push" as const, attempts: [], receipts: [] },
    ];
    const { container } = render(Decision, { decided: decided({ verdict: "push", devices }) });
    const [old, waiting] = [...container.querySelectorAll("article")];
    expect([...old!.querySelectorAll("strong")].map((one) => one.textContent)).toContain("Attempts not stored: 6");
    expect(waiting!.textContent).toContain("No result is recorded yet");
  });

  it("is green only where the vendors accepted, and says what became of each device", () => {
    const device = (outcome?: "success" | "fail" | "unclear") => ({
      device_id: "phone", verdict: "push" as const, attempts: outcome ? [{ at: 1, outcome, attempt: 1 }] : [], receipts: [],
    });
    const { reason: _, ...push } = decided({ verdict: "push" });
    const shown = (...devices: Decided["devices"]) => {
      const { container, unmount } = render(Decision, { decided: { ...push, devices } });
      const card = container.querySelector(".verdict")!;
      const told = [card.classList.contains("accepted"), [...card.children].map((child) => child.textContent).join(" ")];
      unmount();
      return told;
    };
    expect(shown(device("success"))).toEqual([true, "decided to push Accepted by the vendor for 1 of 1 devices."]);
    expect(shown(device("fail"))).toEqual([false, "decided to push Ended without acceptance for 1 of 1 devices."]);
    expect(shown(device())).toEqual([false, "decided to push No result yet for 1 of 1 devices."]);
    expect(shown(device("success"), device("unclear"), { device_id: "old", verdict: "skip" })).toEqual([
      false, "decided to push Accepted by the vendor for 1 of 2 devices. Ended without acceptance for 1 of 2 devices.",
    ]);
  });

  it("goes by the last attempt, in whatever order they come", () => {
    const attempts = [{ at: 2, outcome: "success" as const, attempt: 2 }, { at: 1, outcome: "throttled" as const, attempt: 1 }];
    expect(outcomeOf({ device_id: "phone", verdict: "push", attempts })).toBe("accepted");
  });

  it("of a message to try says that it would be pushed", () => {
    render(Decision, { decided: decided({ verdict: "push", devices: [{ device_id: "phone", verdict: "push" }] }), tried: true });
    expect(screen.getAllByText("would be pushed")).toHaveLength(2);
    expect(screen.queryByText("decided to push")).toBeNull();
  });

  it("survives a reason that only a newer API knows", () => {
    render(Decision, { decided: decided({ reason: "brand new" as Decided["reason"] & string }) });
    expect(screen.getAllByText("brand new").length).toBeGreaterThan(0);
  });
});
