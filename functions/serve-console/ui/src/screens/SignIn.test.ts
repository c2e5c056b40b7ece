import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { session } from "../lib/session.svelte";
import { gate, refused, stubApi, tokenOf } from "../test/api";
import SignIn from "./SignIn.svelte";

const KEY = "operator-key-0123456789";
const inputs = () => [...document.querySelectorAll("input")].map(({ value }) => value).join("|");

async function type(label: string, value: string) {
  await fireEvent.input(screen.getByLabelText(label), { target: { value } });
}

async function choose(way: string) {
  await fireEvent.click(screen.getByRole("radio", { name: way }));
}

const enter = () => fireEvent.click(screen.getByRole("button", { name: "Sign in" }));

async function typeApp() {
  await choose("With a client secret");
  await type("Organisation", "Acme");
  await type("App", "chat");
  await type("client_id", "id");
  await type("client_secret", "the-secret");
}

describe("signing in as operator", () => {
  beforeEach(() => {
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      vi.spyOn(console, level);
    }
    return () => vi.restoreAllMocks();
  });

  it.each([false, true])("exchanges the key for a bearer and forgets it at once, kept in the tab: %s", async (keep) => {
    const calls = stubApi(() => ({ body: { access_token: "bearer-of-an-hour", expires_in: 3600 } }));
    render(SignIn);
    await choose("As operator");
    await type("Operator key", KEY);
    if (keep) {
      await fireEvent.click(screen.getByLabelText("Keep until this tab is closed"));
    }
    await enter();
    await vi.waitFor(() => expect(session.role).toBe("operator"));

    expect(calls.map(({ method, path, bearer, body }) => ({ method, path, bearer, body }))).toEqual([
      { method: "POST", path: "/management/token", bearer: KEY, body: null },
    ]);
    expect(session.operator?.bearer).toBe("bearer-of-an-hour");
    expect(screen.getByLabelText<HTMLInputElement>("Operator key").value).toBe("");
    expect(document.body.innerHTML).not.toContain(KEY);
    expect(JSON.stringify([sessionStorage, localStorage, location.href, session.operator])).not.toContain(KEY);
    expect(sessionStorage.getItem("curlew.session") !== null).toBe(keep);
    for (const level of ["log", "info", "warn", "error", "debug"] as const) {
      expect(console[level]).not.toHaveBeenCalled();
    }
  });

  it("says that a wrong key was refused, and keeps what was typed", async () => {
    stubApi(() => refused);
    render(SignIn);
    await choose("As operator");
    await type("Operator key", KEY);
    await enter();
    expect(await screen.findByText("The sign-in was refused or has ended.")).toBeTruthy();
    expect(inputs()).toContain(KEY);
    expect(session.role).toBeNull();
  });

  it("asks no API about a text that cannot be a key", async () => {
    const calls = stubApi(() => ({ body: {} }));
    render(SignIn);
    await choose("As operator");
    await type("Operator key", "钥匙");
    await enter();
    expect(await screen.findByText("The sign-in was refused or has ended.")).toBeTruthy();
    expect(calls).toEqual([]);
  });
});

describe("signing in to an app", () => {
  it("forgets the client secret, and keeps the token for an hour at most", async () => {
    const calls = stubApi(() => ({ body: { access_token: "t", expires_in: 600, application: "acme#chat" } }));
    render(SignIn);
    await typeApp();
    await enter();
    await vi.waitFor(() => expect(session.role).toBe("app"));
    expect(calls[0]).toMatchObject({ path: "/acme/chat/token", body: { client_secret: "the-secret", ttl: 3600 } });
    expect(inputs()).not.toContain("the-secret");
    expect(session.app).toMatchObject({ org: "acme", app: "chat", bearer: "t" });
    expect(session.expires! - Date.now()).toBeLessThanOrEqual(600_000);
  });

  it("loses nothing that was typed while the API cannot be reached", async () => {
    let down = true;
    stubApi(() => (down ? "unreachable" : { body: { access_token: "t", expires_in: 600 } }));
    render(SignIn);
    await typeApp();
    await enter();
    expect(await screen.findByText("The API could not be reached. What you typed is still here.")).toBeTruthy();
    expect(inputs()).toContain("Acme|chat|id|the-secret");
    down = false;
    await enter();
    await vi.waitFor(() => expect(session.role).toBe("app"));
  });
});

describe("an answer that comes late", () => {
  it.each([
    ["revives no session that was signed out of", () => session.signOut(), null],
    ["replaces no newer session", () => session.signIn({ org: "acme", app: "b", bearer: "newer", role: "app", expires: null }, false), "newer"],
    ["signs nobody in who did not want to", () => session.dismiss(), null],
  ] as const)("%s", async (_, meanwhile, bearer) => {
    const { open, passed } = gate();
    const calls = stubApi(async () => passed.then(() => ({ body: { access_token: "late", expires_in: 3600 } })));
    render(SignIn);
    await typeApp();
    await enter();
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    meanwhile();
    open();
    await vi.waitFor(() => expect(inputs()).not.toContain("the-secret"));
    expect(session.app?.bearer ?? null).toBe(bearer);
  });
});

describe("signing in with a token", () => {
  const later = Math.floor(Date.now() / 1000) + 3600;

  it("takes the app and the role from the token, and has the API verify it", async () => {
    const calls = stubApi(() => ({ body: {} }));
    const token = tokenOf({ support_of: "acme#chat", iat: 1, exp: later });
    render(SignIn);
    await choose("With a token");
    await type("App token or support token", token);
    expect([screen.getByLabelText<HTMLInputElement>("Organisation").value, screen.getByLabelText<HTMLInputElement>("App").value]).toEqual(["acme", "chat"]);
    await enter();
    await vi.waitFor(() => expect(session.role).toBe("support"));
    expect(calls).toMatchObject([{ method: "GET", path: "/acme/chat/push/settings", bearer: token }]);
    expect(session.expires).toBe(later * 1000);
  });

  it("warns of one that has ended by this computer's clock, and leaves it to the API", async () => {
    stubApi(() => ({ body: {} }));
    render(SignIn);
    await choose("With a token");
    await type("App token or support token", tokenOf({ app: "acme#chat", iat: 1, exp: 61 }));
    expect(screen.getByText(/By this computer's clock this token has expired/)).toBeTruthy();
    await enter();
    await vi.waitFor(() => expect(session.role).toBe("app"));
  });

  it("says whose token it is when another app is typed", async () => {
    stubApi(() => ({ body: {} }));
    render(SignIn);
    await choose("With a token");
    await type("App token or support token", tokenOf({ app: "acme#chat", iat: 1, exp: later }));
    await type("App", "shop");
    expect(screen.getByText("This token is of the app acme#chat.")).toBeTruthy();
  });

  it("lets nobody in whose token the API refuses", async () => {
    stubApi(() => refused);
    render(SignIn);
    await choose("With a token");
    await type("App token or support token", tokenOf({ app: "acme#chat", iat: 1, exp: later }));
    await enter();
    expect(await screen.findByText("The sign-in was refused or has ended.")).toBeTruthy();
    expect(session.role).toBeNull();
  });

  it.each([
    [tokenOf({ app: "acme#chat", sub: "ann", iat: 1, exp: later }), "This is the token of a user. The console needs an app token or a support token."],
    ["hello", "This is not a token."],
  ])("says what is wrong with %s", async (token, text) => {
    const calls = stubApi(() => ({ body: {} }));
    render(SignIn);
    await choose("With a token");
    await type("App token or support token", token);
    expect(screen.getByText(text)).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Sign in" }).disabled).toBe(true);
    expect(calls).toEqual([]);
  });
});
