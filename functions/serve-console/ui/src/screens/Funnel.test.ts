import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";

import { session } from "../lib/session.svelte";
import { stubApi, type Answer, type Call } from "../test/api";
import Funnel from "./Funnel.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const counts = { decided: 0, suppressed: 0, accepted: 0, refused: 0, delivered: null, clicked: null };
const today = () => Math.floor(Date.now() / 86_400_000) * 86_400_000;

function answer({ path, query }: Call): Answer | undefined {
  if (path !== "/acme/chat/push/stats") {
    return undefined;
  }
  const byVendor = [
    { ...counts, from: today(), vendor: "huawei", decided: 100, accepted: 90, refused: 10, delivered: 45, clicked: 9 },
    { ...counts, from: today(), vendor: "fcm", decided: 50, accepted: 50 },
    { ...counts, from: today(), vendor: HOSTILE, decided: 1, accepted: 1 },
    { ...counts, from: today(), decided: 30, suppressed: 30 },
  ];
  const byReason = [
    { ...counts, from: today(), reason: "user online", decided: 28, suppressed: 28 },
    { ...counts, from: today(), reason: "notifier disabled", refused: 10 },
  ];
  return { body: { data: query.get("by") === "vendor" ? byVendor : byReason } };
}

const table = async (name: string) => screen.findByRole("table", { name });
const row = (of: HTMLElement, name: RegExp) => within(of).getByRole("rowheader", { name }).closest("tr")!.textContent.replace(/\s+/g, " ");

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false));

describe("the funnel", () => {
  it("shows each vendor's steps with numbers and shares, and says what is not reported", async () => {
    stubApi(answer);
    render(Funnel);
    const huawei = await table("Huawei");
    expect(row(huawei, /Accepted/)).toContain("90");
    expect(row(huawei, /Accepted/)).toContain("90% of what was not suppressed");
    expect(row(huawei, /Delivered/)).toContain("50% of accepted");
    expect(row(huawei, /Clicked/)).toContain("20% of delivered");
    const fcm = await table("Google FCM");
    expect(row(fcm, /Delivered/)).toContain("not reported");
    expect(row(fcm, /Clicked/)).not.toMatch(/\d/);
    const all = await table("All vendors");
    expect(row(all, /Decided/)).toContain("181");
    expect(row(all, /Delivered/)).toContain("50% of accepted");
    expect(screen.getByText(/30 were suppressed before a vendor was chosen/)).toBeTruthy();
  });

  it("has many reasons searched, by their words and by what they mean", async () => {
    const names = ["user online", "mode none", "no push binding", "large group", "online only", "user banned", "not mentioned", "device kicked", "brand new"];
    const byReason = names.map((reason, index) => ({ ...counts, from: today(), reason, decided: 1, suppressed: index + 1 }));
    stubApi((call) => (call.query.get("by") === "reason" ? { body: { data: byReason } } : answer(call)));
    render(Funnel);
    const reasons = within(await screen.findByRole("region", { name: "Why not" }));
    const shown = () => reasons.queryAllByRole("rowheader").map((cell) => cell.querySelector("code")!.textContent);
    expect(shown()).toHaveLength(9);
    for (const [text, found] of [["BANNED", ["user banned"]], ["set the mode none", ["mode none"]], ["brand", ["brand new"]], ["nothing so", []]] as const) {
      await fireEvent.input(screen.getByRole("searchbox"), { target: { value: text } });
      expect(shown()).toEqual(found);
    }
    expect(screen.getByText("Nothing that is loaded matches.")).toBeTruthy();
  });

  it("leads from each reason to what mends it", async () => {
    stubApi(answer);
    render(Funnel);
    const online = (await screen.findByText("user online")).closest("tr")!;
    expect(online.textContent).toContain("28");
    expect(within(online).getByRole("link", { name: "Go there" }).getAttribute("href")).toBe("#/users");
    const disabled = screen.getByText("notifier disabled").closest("tr")!;
    expect(within(disabled).getByRole("link", { name: "Go there" }).getAttribute("href")).toBe("#/certificates");
  });

  it("draws a line, and has the same numbers as a table", async () => {
    stubApi(answer);
    const { container } = render(Funnel);
    expect(await screen.findByRole("img", { name: /by day/ })).toBeTruthy();
    const days = [...container.querySelectorAll("details table tbody tr")];
    expect(days).toHaveLength(1);
    expect([...days[0]!.querySelectorAll("td")].map((cell) => cell.textContent)).toEqual(["181", "30", "141", "10", "45", "9"]);
  });

  it("says why it is empty", async () => {
    stubApi(() => ({ body: { data: [] } }));
    render(Funnel);
    expect((await screen.findByRole("status")).textContent).toContain("Counts come a few seconds after a decision.");
  });

  it("cuts a longer period to 31 days, and says the rule", async () => {
    const calls = stubApi(answer);
    render(Funnel);
    await table("Huawei");
    await fireEvent.change(screen.getByLabelText("Period"), { target: { value: "free" } });
    await fireEvent.input(screen.getByLabelText("Last day (UTC)"), { target: { value: "2026-03-31" } });
    await fireEvent.input(screen.getByLabelText("First day (UTC)"), { target: { value: "2026-01-01" } });
    expect((screen.getByLabelText("Last day (UTC)") as HTMLInputElement).value).toBe("2026-01-31");
    expect(screen.getByRole("status").textContent).toContain("At most 31 days at a time");
    const before = calls.length;
    await fireEvent.submit(screen.getByRole("button", { name: "Show" }).closest("form")!);
    expect(calls.slice(before).map(({ query }) => [query.get("by"), Number(query.get("from"))])).toEqual([
      ["vendor", Date.parse("2026-01-01")],
      ["reason", Date.parse("2026-01-01")],
    ]);
  });

  it("keeps what was chosen when the call fails", async () => {
    stubApi(() => "unreachable");
    render(Funnel);
    await fireEvent.change(screen.getByLabelText("Period"), { target: { value: "30" } });
    expect((await screen.findByRole("alert")).textContent).toContain("The API could not be reached.");
    expect((screen.getByLabelText("Period") as HTMLSelectElement).value).toBe("30");
  });

  it("shows hostile names as text", async () => {
    stubApi(answer);
    const { container } = render(Funnel);
    expect(await table(HOSTILE)).toBeTruthy();
    expect(container.querySelector("img")).toBeNull();
  });
});
