import { describe, expect, it } from "vitest";

import { claimsOf } from "./claims";
import { session } from "./session.svelte";
import { tokenOf } from "../test/api";

const app = { org: "acme", app: "chat", bearer: "b", role: "app" as const, expires: null };
const stored = () => sessionStorage.getItem("curlew.session");

describe("a session", () => {
  it("is stored only when the user asks for it, and not after its end", () => {
    session.signIn(app, false);
    expect(stored()).toBeNull();
    session.signIn(app, true);
    expect(stored()).toContain('"bearer":"b"');
    session.end();
    expect(stored()).toBeNull();
  });

  it("keeps its app after its end, without the bearer, until the user signs out", () => {
    session.signIn(app, false);
    session.end();
    expect(session.app).toEqual({ ...app, bearer: "" });
    session.signOut();
    expect([session.app, session.ended, session.role]).toEqual([null, false, null]);
  });

  it("may change things with an app token only", () => {
    session.signIn({ ...app, role: "support" }, false);
    expect([session.role, session.mayChange]).toEqual(["support", false]);
    session.signIn(app, false);
    expect([session.role, session.mayChange]).toEqual(["app", true]);
    session.signOut();
    session.signInOperator({ bearer: "o", expires: 1 }, false);
    expect([session.role, session.mayChange]).toEqual(["operator", false]);
    session.open("acme", "chat");
    expect([session.role, session.mayChange]).toEqual(["operator", true]);
  });

  it("of an operator keeps the app that was open", () => {
    session.signIn(app, false);
    session.end();
    session.signInOperator({ bearer: "o", expires: 1 }, false);
    expect(session.app).toEqual({ ...app, bearer: "" });
  });
});

describe("the claims of a token", () => {
  it("tell the role, the app and the end", () => {
    expect(claimsOf(tokenOf({ app: "acme#chat", iat: 1, exp: 61 }))).toEqual({ org: "acme", app: "chat", role: "app", expires: 61_000 });
    expect(claimsOf(tokenOf({ support_of: "acme#chat", iat: 1, exp: 61 }))?.role).toBe("support");
    expect(claimsOf(tokenOf({ app: "acme#chat", sub: "ann", iat: 1 }))).toMatchObject({ role: "user", expires: null });
  });

  it.each(["", "abc", "a.b.c", tokenOf({ app: 1 }), "a.bnVsbA.c"])("are not there in %j", (text) => {
    expect(claimsOf(text)).toBeNull();
  });
});
