import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { session, type AppAccess } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import { beginOf } from "./callbacks/callback";
import Callbacks from "./Callbacks.svelte";

const SETTINGS = "/acme/chat/push/settings";
const INFO = "/acme/chat/callbacks/storage/info";
const RETRY = "/acme/chat/callbacks/storage/retry";

let callback: object | undefined;
let stored: { date: string; size: number; retry: 0 }[];
let calls: Call[];

const enabled = { url: "https://im.example.com/curlew", events: ["push", "receipt"], fingerprint: "0011aabb", state: "enabled" };
const disabled = { ...enabled, state: "disabled", state_reason: "its server answered 410", state_since: 1_767_225_600_000 };

function answer({ method, path }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case `PUT ${SETTINGS}`:
      callback = enabled;
      return { body: { callback } };
    case `GET ${SETTINGS}`:
      return { body: { ...(callback ? { callback } : {}) } };
    case `GET ${INFO}`:
      return { body: { data: stored, more: false } };
    case `POST ${RETRY}`:
      stored = [];
      return { body: { data: "success", replayed: 15, more: false } };
    default:
      return undefined;
  }
}

function open(how: (call: Call) => ReturnType<typeof answer> | Promise<Answer | undefined> = answer, role: AppAccess["role"] = "app") {
  session.signIn({ org: "acme", app: "chat", bearer: "token", role, expires: null }, false);
  calls = stubApi(how);
  return render(Callbacks);
}

const sent = (path: string, method = "POST") => calls.filter((call) => call.path === path && call.method === method).map(({ body }) => body);
const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));

beforeEach(() => {
  callback = enabled;
  stored = [{ date: "202611301030", size: 15, retry: 0 }];
});

describe("callbacks", () => {
  it("are told with their URL, events and fingerprint, and no secret", async () => {
    open();
    expect(await screen.findByText("https://im.example.com/curlew")).toBeTruthy();
    expect(screen.getByText("push, receipt")).toBeTruthy();
    expect(screen.getByText("0011aabb")).toBeTruthy();
    expect(screen.getByText("enabled")).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Switch the callback on" })).toBeNull();
  });

  it("of an app that has none lead to the settings", async () => {
    callback = undefined;
    open();
    expect((await screen.findByText(/This app has no callback/)).querySelector("a")!.getAttribute("href")).toBe("#/settings");
    expect(await screen.findByText(/Nothing can be sent again/)).toBeTruthy();
    await screen.findByRole("rowheader");
    expect(screen.queryByRole("button", { name: /Send again/ })).toBeNull();
  });

  it("that the app's server switched off say so, and are switched on again", async () => {
    callback = disabled;
    open();
    expect((await screen.findByText(/asked for no more/)).textContent).toContain("its server answered 410");
    await screen.findByRole("rowheader");
    expect(screen.queryByRole("button", { name: /Send again/ })).toBeNull();
    await press("Switch the callback on");
    expect(await screen.findByText("The callback is on again.")).toBeTruthy();
    expect(sent(SETTINGS, "PUT")).toEqual([{ callback: { url: enabled.url } }]);
    expect(await screen.findByRole("button", { name: /Send again/ })).toBeTruthy();
  });

  it("are sent again once, however often the button is pressed, and the number is told", async () => {
    const { open: letGo, passed } = gate();
    open((call) => (call.path === RETRY ? passed.then(() => answer(call)) : answer(call)));
    await press("Send again 202611301030");
    await press("Send again 202611301030");
    letGo();
    expect((await screen.findByText(/15 callbacks of .* are on their way/)).className).toContain("good");
    expect(sent(RETRY)).toEqual([{ date: "202611301030" }]);
    expect(await screen.findByText("No callback waits, and none failed.")).toBeTruthy();
  });

  it("that one call does not send completely ask for another", async () => {
    open((call) => (call.path === RETRY ? { body: { data: "success", replayed: 1000, more: true } } : answer(call)));
    await press("Send again 202611301030");
    expect((await screen.findByText(/1,000 callbacks of .* There may be others of that time/)).className).toContain("warn");
  });

  it("that cannot be sent again say why, and stay in the list", async () => {
    open((call) => (call.path === RETRY ? { status: 409, body: { error: "conflict", error_description: "the app has no callback" } } : answer(call)));
    await press("Send again 202611301030");
    expect((await screen.findByRole("alert")).textContent).toContain("the app has no callback");
    expect(screen.getByRole("button", { name: "Send again 202611301030" })).toBeTruthy();
  });

  it("of a server that is left alone say until when, and not afterwards", async () => {
    let paused = true;
    open((call) => (call.path === INFO ? { body: { data: stored, more: false, ...(paused ? { paused_until: Date.now() + 60_000 } : {}) } } : answer(call)));
    expect((await screen.findByText(/Curlew leaves the app's server alone until/)).className).toContain("warn");
    paused = false;
    await press("Send again 202611301030");
    await vi.waitFor(() => expect(screen.queryByText(/leaves the app's server alone/)).toBeNull());
  });

  it("more than the API counts are said to be there", async () => {
    open((call) => (call.path === INFO ? { body: { data: stored, more: true } } : answer(call)));
    expect(await screen.findByText("There are more callbacks than are counted here.")).toBeTruthy();
  });

  it("are shown to support staff without what they may not ask or change", async () => {
    callback = disabled;
    open(answer, "support");
    expect(await screen.findByText("https://im.example.com/curlew")).toBeTruthy();
    expect(screen.getByText(/shown to app tokens only/)).toBeTruthy();
    expect(screen.queryByRole("button", { name: "Switch the callback on" })).toBeNull();
    await vi.waitFor(() => expect(calls.map(({ path }) => path)).toEqual([SETTINGS]));
  });
});

it("a window begins at its time in UTC, and another text is none", () => {
  expect(beginOf("202611301030")).toBe(Date.UTC(2026, 10, 30, 10, 30));
  expect([beginOf(""), beginOf("20261130"), beginOf("x".repeat(12))]).toEqual([null, null, null]);
});
