import { fireEvent, render, screen } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";

import Failure from "../components/Failure.svelte";
import { session } from "../lib/session.svelte";
import { stubApi } from "../test/api";
import { appApi, ask, CallError, openApi } from "./client";

const chat = { params: { path: { org: "acme", app: "chat" } } };

describe("a failed call", () => {
  it("keeps the API's word beside its text", async () => {
    stubApi(() => ({ status: 403, body: { error: "service_not_open", error_description: "off" } }));
    await expect(ask(openApi.GET("/{org}/{app}/push/settings", chat))).rejects.toMatchObject({ status: 403, code: "service_not_open", message: "off" });
  });

  it.each([
    [403, "forbidden", true],
    [403, "forbidden_op", false],
    [403, "", false],
    [400, "illegal_argument", false],
  ])("%d %j asks for another sign-in: %s", (status, code, asks) => {
    render(Failure, { error: new CallError(status, "said", code) });
    expect(screen.getByRole("alert").textContent.includes("Ask the operator of this Curlew")).toBe(asks);
    expect(screen.getByRole("alert").textContent.includes("Your sign-in may not do this")).toBe(asks);
  });
});

describe("a call without an answer", () => {
  it.each(["with a bearer", "without one"])("%s ends after 30 seconds, and says so", async (which) => {
    const timer = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(timer.signal);
    vi.stubGlobal("fetch", (_: Request, { signal }: RequestInit = {}) =>
      new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason as Error))));
    session.signIn({ org: "acme", app: "chat", bearer: "b", role: "app", expires: null }, false);
    const call = ask((which === "with a bearer" ? appApi : openApi).GET("/{org}/{app}/push/settings", chat)).catch((error: unknown) => error);
    await vi.waitFor(() => expect(timeout).toHaveBeenCalledWith(30_000));
    timer.abort(new DOMException("signal timed out", "TimeoutError"));
    const retry = vi.fn();
    render(Failure, { error: await call, retry });
    expect(screen.getByRole("alert").textContent).toContain("No answer came within 30 seconds.");
    await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(retry).toHaveBeenCalled();
    vi.restoreAllMocks();
  });
});
