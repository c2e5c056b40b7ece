import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { session } from "../../lib/session.svelte";
import { stubApi, type Answer, type Call } from "../../test/api";
import CallbackForm from "./CallbackForm.svelte";

const known = { url: "https://im.example.com/a", events: ["push"], fingerprint: "00aa", state: "enabled" };
let callback: object | undefined;
let calls: Call[];

function answer({ method, body }: Call): Answer {
  if (method === "PUT") {
    const asked = (body as { callback: object | null }).callback;
    callback = asked === null ? undefined : { ...known, ...callback, ...asked };
  }
  return { body: callback ? { callback } : {} };
}

async function open(how = answer) {
  calls = stubApi(how);
  render(CallbackForm);
  await screen.findByLabelText("callback.url");
}

const puts = () => calls.filter(({ method }) => method === "PUT").map(({ body }) => (body as { callback: unknown }).callback);
const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const event = (kind: string) => screen.getByRole<HTMLInputElement>("checkbox", { name: new RegExp(`^${kind} `) });
const enter = (label: string, value: string) => fireEvent.input(field(label), { target: { value } });
const save = () => fireEvent.submit(screen.getByRole("button", { name: "Save the callback" }).closest("form")!);

beforeEach(() => {
  callback = known;
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
});

describe("the setting callback", () => {
  it("is made with a secret, which is gone from the page once it is stored", async () => {
    callback = undefined;
    await open();
    expect(field("callback.secret").required).toBe(true);
    expect(event("user_status").checked).toBe(false);
    await enter("callback.url", " https://im.example.com/b ");
    await enter("callback.secret", "whsec_secret");
    await save();
    expect(await screen.findByText("Saved. It applies everywhere within a minute.")).toBeTruthy();
    expect(puts()).toEqual([
      { url: "https://im.example.com/b", secret: "whsec_secret", events: ["push", "suppressed", "receipt", "click", "notifier", "token_removed"] },
    ]);
    expect(field("callback.secret").value).toBe("");
    expect(field("callback.secret").type).toBe("password");
    expect(document.body.innerHTML).not.toContain("whsec_secret");
  });

  it("sends only what was changed, and keeps the secret that is stored", async () => {
    await open();
    expect(field("callback.secret").required).toBe(false);
    await fireEvent.click(event("receipt"));
    await save();
    await vi.waitFor(() => expect(puts()).toEqual([{ events: ["push", "receipt"] }]));
  });

  it("changes its secret while the old one still signs", async () => {
    await open();
    await enter("callback.secret", "new-secret");
    await enter("callback.previous_secret", "old-secret");
    await save();
    await vi.waitFor(() => expect(puts()).toEqual([{ secret: "new-secret", previous_secret: "old-secret" }]));
  });

  it("with a URL that the API refuses says so at the field, and keeps what was typed", async () => {
    const refused = "callback.url must not point to a private, local or reserved address";
    await open((call) => (call.method === "PUT" ? { status: 400, body: { error: "illegal_argument", error_description: refused } } : answer(call)));
    await enter("callback.url", "https://10.0.0.1/");
    await save();
    await screen.findByRole("alert");
    expect(field("callback.url").getAttribute("aria-invalid")).toBe("true");
    expect(field("callback.url").value).toBe("https://10.0.0.1/");
  });

  it("is removed once the app's name was typed", async () => {
    await open();
    await fireEvent.click(screen.getByRole("button", { name: "Remove the callback" }));
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toContain(known.url);
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "chat" } });
    await fireEvent.submit(within(dialog).getByRole("textbox").closest("form")!);
    await vi.waitFor(() => expect(puts()).toEqual([null]));
    await vi.waitFor(() => expect(field("callback.url").value).toBe(""));
    expect(screen.queryByRole("button", { name: "Remove the callback" })).toBeNull();
  });

  it("is read by support staff, who cannot type into it and see no field for a secret", async () => {
    session.signIn({ org: "acme", app: "chat", bearer: "token", role: "support", expires: null }, false);
    await open();
    expect(field("callback.url").matches(":disabled")).toBe(true);
    expect(screen.queryByLabelText("callback.secret")).toBeNull();
    expect(screen.queryByRole("button")).toBeNull();
  });
});
