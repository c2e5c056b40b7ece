import { describe, expect, it, vi } from "vitest";

import { session } from "../lib/session.svelte";
import { gate, refused, stubApi } from "../test/api";
import { appApi, ask, operatorApi } from "./client";

const SETTINGS = "/{org}/{app}/push/settings";
const chat = { path: { org: "acme", app: "chat" } };
const hour = () => Date.now() + 3_600_000;
const read = () => ask(appApi.GET(SETTINGS, { params: chat }));
const write = () => ask(appApi.PUT(SETTINGS, { params: chat, body: {} }));

function asApp(bearer: string): void {
  session.signIn({ ...chat.path, bearer, role: "app", expires: hour() }, false);
}

function asOperator(): void {
  session.signInOperator({ bearer: "operator", expires: hour() }, false);
  session.open("acme", "chat");
}

describe("a call", () => {
  it("brings the bearer of the session", async () => {
    const calls = stubApi(() => ({ body: {} }));
    asApp("one");
    await read();
    expect(calls.map(({ bearer }) => bearer)).toEqual(["one"]);
  });

  it("of an operator gets a token for the app first, and the next one uses it", async () => {
    const calls = stubApi(({ path }) => ({ body: path.startsWith("/management") ? { access_token: "fresh", expires_in: 3600 } : {} }));
    asOperator();
    await Promise.all([read(), read()]);
    await read();
    expect(calls.map(({ path, bearer }) => `${path} ${bearer}`)).toEqual([
      "/management/apps/acme/chat/token operator",
      "/acme/chat/push/settings fresh",
      "/acme/chat/push/settings fresh",
      "/acme/chat/push/settings fresh",
    ]);
  });

  it("for another app does not wait for the token of the app before, nor fail with it", async () => {
    const { open, passed } = gate();
    stubApi(async ({ path, bearer }) => {
      if (path === "/management/apps/acme/chat/token") {
        await passed;
        return { status: 503, body: { error_description: "of chat" } };
      }
      return { body: path.startsWith("/management") ? { access_token: "of shop", expires_in: 3600 } : { answer: bearer } };
    });
    asOperator();
    const early = read();
    await Promise.resolve();
    session.open("acme", "shop");
    expect(await ask(appApi.GET(SETTINGS, { params: { path: { org: "acme", app: "shop" } } }))).toEqual({ answer: "of shop" });
    open();
    await expect(early).rejects.toMatchObject({ message: "of chat" });
  });

  it("never brings the token of the app that was opened meanwhile", async () => {
    const { open, passed } = gate();
    const calls = stubApi(async ({ path }) => {
      await passed;
      return { body: path.startsWith("/management") ? { access_token: path.split("/")[4], expires_in: 3600 } : {} };
    });
    asOperator();
    const early = read();
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    session.open("acme", "shop");
    const late = ask(appApi.GET(SETTINGS, { params: { path: { org: "acme", app: "shop" } } }));
    open();
    await late;
    await expect(early).rejects.toMatchObject({ status: 401 });
    expect(calls.filter(({ bearer }) => bearer === "shop").map(({ path }) => path)).toEqual(["/acme/shop/push/settings"]);
  });

  it("of an operator replaces a refused token and is sent again, unseen by the user", async () => {
    let issued = 0;
    const calls = stubApi(({ path, bearer }) =>
      path.startsWith("/management") ? { body: { access_token: `t${++issued}`, expires_in: 3600 } } : bearer === "t1" ? refused : { body: {} },
    );
    asOperator();
    await write();
    expect(calls.filter(({ method }) => method === "PUT").map(({ bearer }) => bearer)).toEqual(["t1", "t2"]);
    expect(session.ended).toBe(false);
  });

  it("of an operator replaces a token that is about to end", async () => {
    const calls = stubApi(({ path }) => ({ body: path.startsWith("/management") ? { access_token: "t", expires_in: 30 } : {} }));
    asOperator();
    await read();
    await read();
    expect(calls.filter(({ path }) => path.startsWith("/management"))).toHaveLength(2);
  });

  it("of an operator asks twice for a token at most, and a refusal after that leaves the operator signed in", async () => {
    const calls = stubApi(({ path }) => (path.startsWith("/management") ? { body: { access_token: `t${calls.length}`, expires_in: 3600 } } : refused));
    asOperator();
    await expect(write()).rejects.toMatchObject({ status: 401 });
    expect(calls).toHaveLength(4);
    expect(session.ended).toBe(false);
  });

  it("of an operator whose bearer gets no token any more waits until the operator has signed in again", async () => {
    stubApi(({ path, bearer }) =>
      bearer === "operator" ? refused : { body: path.startsWith("/management") ? { access_token: "t", expires_in: 3600 } : { answer: bearer } },
    );
    asOperator();
    const answer = read();
    await vi.waitFor(() => expect(session.ended).toBe(true));
    session.signInOperator({ bearer: "again", expires: hour() }, false);
    expect(await answer).toEqual({ answer: "t" });
  });

  it("that reads waits until the user has signed in again", async () => {
    stubApi(({ bearer }) => (bearer === "old" ? refused : { body: { answer: bearer } }));
    asApp("old");
    const answer = read();
    await vi.waitFor(() => expect(session.asking).toBe(true));
    asApp("new");
    expect(await answer).toEqual({ answer: "new" });
  });

  it("that reads fails when the user does not want to sign in, or signs in to another app", async () => {
    stubApi(({ bearer }) => (bearer === "old" ? refused : { body: {} }));
    for (const then of [session.dismiss, session.signOut, () => session.signIn({ org: "acme", app: "shop", bearer: "new", role: "app", expires: null }, false)]) {
      asApp("old");
      const answer = read();
      await vi.waitFor(() => expect(session.asking).toBe(true));
      then();
      await expect(answer).rejects.toMatchObject({ status: 401 });
    }
  });

  it("that changes something is never sent later by itself", async () => {
    const calls = stubApi(({ bearer }) => (bearer === "old" ? refused : { body: {} }));
    asApp("old");
    await expect(write()).rejects.toMatchObject({ status: 401 });
    asApp("new");
    await read();
    expect(calls.map(({ method, bearer }) => `${method} ${bearer}`)).toEqual(["PUT old", "GET new"]);
  });

  it("refused for an app that was left since does not end the session", async () => {
    stubApi(() => {
      session.signIn({ org: "acme", app: "shop", bearer: "shop", role: "app", expires: null }, false);
      return refused;
    });
    asApp("chat");
    await expect(read()).rejects.toMatchObject({ status: 401 });
    expect(session.ended).toBe(false);
  });

  it("of an operator whose bearer has ended ends the session", async () => {
    stubApi(() => refused);
    asOperator();
    await expect(ask(operatorApi.POST("/management/apps", { body: { org: "a", app: "b" } }))).rejects.toMatchObject({ status: 401 });
    expect([session.ended, session.operator?.bearer, session.app?.bearer]).toEqual([true, "", ""]);
  });
});
