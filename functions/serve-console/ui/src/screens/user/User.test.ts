import { render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";

import { session, type AppAccess } from "../../lib/session.svelte";
import { stubApi, type Answer, type Call } from "../../test/api";
import User from "./User.svelte";

const ANN = "/acme/chat/users/ann";

function answer({ path }: Call): Answer | undefined {
  switch (path) {
    case ANN:
      return { body: { entities: [{ username: "ann", type: "user", activated: true }] } };
    case `${ANN}/status`:
      return { body: { data: { ann: "online" } } };
    case `${ANN}/resources`:
    case `${ANN}/messages`:
      return { body: { data: [] } };
    case `${ANN}/offline_msg_count`:
      return { body: { data: { ann: 0 } } };
    case "/acme/chat/push/settings":
      return { body: { advanced_push: true, time_zone: "UTC" } };
    case `${ANN}/notification/user/ann`:
      return { body: { data: { type: "ALL", ignoreInterval: "00:01-00:01", ignoreDuration: 0 } } };
    case `${ANN}/notification/language`:
      return { body: { data: { language: "" } } };
    case `${ANN}/notification/template`:
      return { body: { data: { templateName: "" } } };
    default:
      return undefined;
  }
}

function show(role: AppAccess["role"]) {
  session.signIn({ org: "acme", app: "chat", bearer: "token", role, expires: null }, false);
  render(User, { name: "ann" });
}

beforeEach(() => void stubApi(answer));

describe("a user", () => {
  it("who is quiet all day is quiet now", async () => {
    show("app");
    const window = (await screen.findByText("Do-not-disturb every day")).nextElementSibling!;
    expect(window.textContent.replace(/\s+/g, " ").trim()).toBe("the whole day do-not-disturb now");
  });

  it("without a binding is not called unconnected to support staff while a device is connected", async () => {
    show("support");
    expect(await screen.findByText("Connected.")).toBeTruthy();
    expect(screen.getByText("No device is bound. One is connected: support staff do not see which.")).toBeTruthy();
    expect(screen.queryByText("No device is bound or connected.")).toBeNull();
  });
});
