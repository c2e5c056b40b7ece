import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";

import { session } from "../lib/session.svelte";
import { stubApi, type Answer, type Call } from "../test/api";
import Templates from "./Templates.svelte";

const SETTINGS = "/acme/chat/push/settings";
const closed = { status: 403, body: { error: "service_not_open", error_description: "push service not open: advanced_push is off" } };

/** An app with this setting, as far as the page was told; `open` is what the API goes by. */
function app(advanced_push: boolean, open = advanced_push) {
  return ({ path }: Call): Answer => (path === SETTINGS ? { body: { advanced_push } } : open ? { body: { data: [], count: 0 } } : closed);
}

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false));

describe("templates", () => {
  it("of an app without advanced push, as every new one, say so and where to switch it on", async () => {
    const calls = stubApi(app(false));
    render(Templates);
    expect((await screen.findByText(/Advanced push is off in this app/)).textContent).toContain("it has no templates");
    expect(screen.getByRole("link", { name: "Settings" }).getAttribute("href")).toBe("#/settings");
    expect(screen.queryByRole("button", { name: "Create" })).toBeNull();
    expect(calls.map(({ path }) => path)).toEqual([SETTINGS]);
  });

  it("that are switched off meanwhile are refused for that reason, and not for the sign-in", async () => {
    stubApi(app(true));
    render(Templates);
    await screen.findByText("There is no template yet.");
    stubApi(app(true, false));
    for (const label of ["Name", "Title", "Text"]) {
      await fireEvent.input(screen.getByLabelText(label), { target: { value: "x" } });
    }
    await fireEvent.submit(screen.getByLabelText("Name").closest("form")!);
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Advanced push is off in this app.");
    expect(alert.textContent).not.toContain("Your sign-in may not do this");
    expect(alert.querySelector("a")!.getAttribute("href")).toBe("#/settings");
    expect(screen.getByLabelText<HTMLInputElement>("Title").value).toBe("x");
  });
});
