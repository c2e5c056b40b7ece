import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { describe, expect, it, vi } from "vitest";

import App from "./App.svelte";
import { en } from "./i18n/en";
import { language } from "./i18n/index.svelte";
import { router, type Path } from "./lib/router.svelte";
import { session, type AppAccess } from "./lib/session.svelte";
import { refused, stubApi, type Answer, type Call } from "./test/api";

const HOSTILE = "<img src=x onerror=alert(1)>";

const settings = {
  advanced_push: true, multi_device_policy: "all_offline", time_zone: "UTC", privacy: "content", badge: "increment",
  online_recheck: { enabled: true, seconds: 120 }, large_group_limit: 3000, max_bindings: 16, max_devices: 32,
  presence_lease_seconds: 300, presence_heartbeat_seconds: 100, max_token_seconds: 7_776_000, clear_when_read: false, task_pushes_per_second: 100,
  callback: { url: "https://im.example.com/", events: ["push"], fingerprint: "00aa", state: "disabled", state_reason: "its server answered 410", state_since: 1 },
};
const notifier = {
  name: "cert", vendor: "honor", state: "enabled", options: {}, createdAt: 1, updatedAt: 1, fingerprint: "ab", health: { state: "enabled", since: 1 }, warnings: [],
};

/** What an app answers. */
function answer({ method, path }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /acme/chat/push/settings":
      return { body: settings };
    case "GET /acme/chat/notifiers":
      return { body: { data: [notifier], count: 1 } };
    case "GET /acme/chat/notifiers/cert":
      return { body: notifier };
    case "GET /acme/chat/notification/template":
      return { body: { data: [{ name: "greeting", title_pattern: HOSTILE, content_pattern: "x" }], count: 1 } };
    case "POST /acme/chat/notification/template":
      return { body: { data: {} } };
    case "POST /acme/chat/token":
      return { body: { access_token: "new", expires_in: 3600 } };
    default:
      return undefined;
  }
}

function signIn(role: AppAccess["role"], expires: number | null = null) {
  session.signIn({ org: "acme", app: "chat", bearer: "old", role, expires }, false);
}

async function open(path: Path, title: string) {
  router.go(path);
  const shown = render(App);
  await screen.findByRole("heading", { level: 1, name: title });
  return shown;
}

const type = (within_: HTMLElement, label: string, value: string) => fireEvent.input(within(within_).getByLabelText(label), { target: { value } });

describe("a session that ends", () => {
  it("keeps the form that was being filled, and the next press sends it", async () => {
    let ended = false;
    const calls = stubApi((call) => (ended && call.bearer === "old" ? refused : answer(call)));
    signIn("app");
    const { container } = await open("/templates", "Templates");
    const form = container.querySelector("main form") as HTMLElement;
    await type(form, "Name", "morning");
    await type(form, "Title", "Good morning");
    await type(form, "Text", "{$msg}");
    ended = true;
    await fireEvent.click(within(form).getByRole("button", { name: "Create" }));

    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toContain("Your session has ended. Please sign in again.");
    expect(container.querySelector("main form")).toBe(form);
    expect(within(form).getByLabelText<HTMLInputElement>("Title").value).toBe("Good morning");

    await fireEvent.click(within(dialog).getByRole("radio", { name: "With a client secret" }));
    expect(within(dialog).getByLabelText<HTMLInputElement>("App").value).toBe("chat");
    await type(dialog, "client_id", "id");
    await type(dialog, "client_secret", "secret");
    await fireEvent.click(within(dialog).getByRole("button", { name: "Sign in" }));
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(container.querySelector("main form")).toBe(form);
    expect(router.path).toBe("/templates");

    await fireEvent.click(within(form).getByRole("button", { name: "Create" }));
    await vi.waitFor(() => expect(within(form).getByLabelText<HTMLInputElement>("Title").value).toBe(""));
    const sent = calls.filter(({ method, path }) => method === "POST" && path.endsWith("/template"));
    expect(sent.map(({ bearer }) => bearer)).toEqual(["old", "new"]);
    expect(sent[1]!.body).toEqual({ name: "morning", title_pattern: "Good morning", content_pattern: "{$msg}" });
  });

  it("can be left for later, and leaves a button to sign in", async () => {
    stubApi(() => refused);
    signIn("app");
    await open("/settings", "Settings");
    await fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Not now" }));
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(screen.getByText("Your sign-in has ended. What you typed is still here.")).toBeTruthy();
    expect(await screen.findByText("The sign-in was refused or has ended.")).toBeTruthy();
    await fireEvent.click(screen.getByRole("button", { name: "Sign in again" }));
    expect(screen.getByRole("dialog")).toBeTruthy();
  });

  it("says so in the last five minutes", async () => {
    stubApi(answer);
    signIn("app", Date.now() + 6 * 60_000);
    await open("/settings", "Settings");
    expect(screen.queryByText(/Your sign-in ends at/)).toBeNull();
    signIn("app", Date.now() + 4 * 60_000);
    expect(await screen.findByText(/Your sign-in ends at/)).toBeTruthy();
    signIn("app", Date.now() - 60 * 60_000);
    expect(await screen.findByText(/By this computer's clock your sign-in has ended/)).toBeTruthy();
    expect(screen.queryByRole("alert")).toBeNull();
    session.end();
    expect(await screen.findByText("Your sign-in has ended. What you typed is still here.")).toBeTruthy();
  });

  it("by the user's own wish leaves no address for whoever signs in next", async () => {
    stubApi(() => refused);
    signIn("app");
    router.go("/users/ann");
    render(App);
    await fireEvent.click(within(await screen.findByRole("dialog")).getByRole("button", { name: "Sign out" }));
    expect(router.path).toBe("/");
    expect(session.role).toBeNull();
  });

  it("comes back to where the user was after a reload", async () => {
    stubApi(answer);
    router.go("/settings");
    render(App);
    expect(screen.getByRole("heading", { level: 1, name: "Sign in" })).toBeTruthy();
    signIn("app");
    expect(await screen.findByRole("heading", { level: 1, name: "Settings" })).toBeTruthy();
  });
});

describe("a support token", () => {
  /** What no control may be called that support staff see. */
  const changes = [
    "action.save", "action.create", "action.delete", "action.edit", "certificates.new", "certificates.disable", "certificates.enable",
    "certificates.rotate", "certificates.delete", "test.send", "screen.test", "screen.templates", "screen.apps", "users.erase", "users.unbind",
    "users.logOut", "users.logOutUnbind", "users.disconnect", "users.ban", "users.unban", "screen.push", "screen.tasks", "screen.labels",
    "callbacks.save", "callbacks.remove", "callbacks.switchOn", "callbacks.retry",
  ] as const;

  it.each([
    ["/certificates", "Certificates", "cert"],
    ["/certificates/cert", "cert", "Fingerprint of the credential"],
    ["/settings", "Settings", "You may read the settings. To change them, sign in with an app token."],
    ["/quotas", "Quotas", "No quota is used up."],
    ["/why", "Why was this pushed, or not?", "A message to try. Nothing is sent."],
    ["/users", "Users", "Exact name"],
    ["/callbacks", "Callbacks", "its server answered 410"],
  ] as [Path, string, string][])("sees at %s what there is, and no control that changes something", async (path, title, text) => {
    const calls = stubApi(answer);
    signIn("support");
    await open(path, title);
    expect((await screen.findAllByText(text)).length).toBeGreaterThan(0);
    const controls = [...document.querySelectorAll("button, a, [role=button]")].map((control) => control.textContent!.trim());
    for (const key of changes) {
      expect(controls).not.toContain(en[key]);
    }
    expect(document.querySelector(".danger, input[type=file]")).toBeNull();
    expect(calls.every(({ method }) => method === "GET")).toBe(true);
  });

  it("in place of an app token leaves nothing that was loaded before on the screen, and the other way round keeps the form", async () => {
    const SECRET = "a text of a message";
    stubApi((call) => (call.path.endsWith("/push/explain") ? { body: { data: { verdict: "push", rules: [], devices: [{ verdict: "push", notification: { title: SECRET } }] } } } : answer(call)));
    signIn("app");
    await open("/why", "Why was this pushed, or not?");
    const form = () => within(screen.getByRole("heading", { name: "A message to try. Nothing is sent." }).closest("form")!);
    await fireEvent.input(form().getByLabelText("Receiver"), { target: { value: "ann" } });
    await fireEvent.submit(form().getByLabelText("Receiver").closest("form")!);
    expect(await screen.findByText(SECRET)).toBeTruthy();
    signIn("support");
    await vi.waitFor(() => expect(document.body.textContent).not.toContain(SECRET));
    await fireEvent.input(form().getByLabelText("Receiver"), { target: { value: "bob" } });
    signIn("app");
    expect(await screen.findByRole("link", { name: "Templates" })).toBeTruthy();
    expect(form().getByLabelText<HTMLInputElement>("Receiver").value).toBe("bob");
  });

  it("cannot type into settings", async () => {
    stubApi(answer);
    signIn("support");
    await open("/settings", "Settings");
    const inputs = (await screen.findAllByRole("spinbutton")) as HTMLInputElement[];
    expect(inputs.length).toBeGreaterThan(5);
    expect(inputs.every((input) => input.matches(":disabled"))).toBe(true);
  });

  it.each(["/test", "/templates", "/certificates?new", "/push", "/tasks", "/tasks/01J", "/labels", "/labels/vip"] as Path[])("is told at %s what it may not do, and what to ask for", async (path) => {
    const calls = stubApi(answer);
    signIn("support");
    await open(path, "Your sign-in may not do this");
    expect(screen.getByText("Ask the operator of this Curlew for an app token, or sign in with the app's client secret.")).toBeTruthy();
    expect(calls).toEqual([]);
  });

  it("is told the same by a screen that the API refuses", async () => {
    stubApi(() => ({ status: 403, body: { error: "forbidden", error_description: "not with this token" } }));
    signIn("support");
    await open("/settings", "Settings");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Your sign-in may not do this.");
    expect(alert.textContent).toContain("Ask the operator of this Curlew for an app token");
  });
});

describe("an app token", () => {
  it("sees the controls that change something", async () => {
    stubApi(answer);
    signIn("app");
    await open("/settings", "Settings");
    expect(await screen.findByRole("button", { name: "Save" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "Test push" })).toBeTruthy();
    router.go("/certificates/cert");
    expect(await screen.findByRole("button", { name: "Delete" })).toBeTruthy();
  });

  it("shows hostile names as text", async () => {
    stubApi(answer);
    signIn("app");
    const { container } = await open("/templates", "Templates");
    expect(await screen.findByText(HOSTILE)).toBeTruthy();
    expect(container.querySelector("main td img")).toBeNull();
  });

  it("gets a way to try again while the API is down, and loses no address", async () => {
    let down = true;
    stubApi((call) => (down ? "unreachable" : answer(call)));
    signIn("app");
    await open("/templates", "Templates");
    expect((await screen.findByRole("alert")).textContent).toContain("The API could not be reached.");
    down = false;
    await fireEvent.click(screen.getByRole("button", { name: "Try again" }));
    expect(await screen.findByText("greeting")).toBeTruthy();
  });
});

describe("the page", () => {
  it("names the screen in its title and its menu, and begins at its heading", async () => {
    stubApi(answer);
    signIn("app");
    await open("/certificates", "Certificates");
    router.go("/settings");
    const heading = await screen.findByRole("heading", { level: 1, name: "Settings" });
    await vi.waitFor(() => expect(document.activeElement).toBe(heading));
    expect(document.title).toBe("Settings · acme#chat · Curlew");
    expect(screen.getByRole("link", { current: "page" }).textContent).toBe("Settings");
  });

  it.each(["/certificates", "/certificates/cert", "/settings", "/users", "/users/ann", "/quotas", "/funnel", "/templates", "/test", "/why/01J?user=ann", "/push", "/tasks", "/tasks/01J", "/labels", "/labels/vip", "/callbacks"] as Path[])(
    "says at %s that it waits for the API, but not for less than a blink",
    async (path) => {
      vi.useFakeTimers();
      stubApi(() => new Promise(() => {}));
      signIn("app");
      router.go(path);
      render(App);
      await vi.advanceTimersByTimeAsync(290);
      expect(screen.queryByRole("progressbar")).toBeNull();
      await vi.advanceTimersByTimeAsync(20);
      expect(screen.getByRole("progressbar", { name: "Loading" }).closest("[role=status]")).toBeTruthy();
      vi.useRealTimers();
    },
  );

  it("asks nothing of one app by a link to another, and offers to sign in there", async () => {
    const calls = stubApi(answer);
    signIn("app");
    await open("/why/01J?user=ann&org=acme&app=shop", "This link is for another app");
    expect(calls).toEqual([]);
    await fireEvent.click(screen.getByRole("button", { name: "Sign in to acme#shop" }));
    expect(await screen.findByRole("heading", { level: 1, name: "Sign in" })).toBeTruthy();
    expect(screen.getByLabelText<HTMLInputElement>("App").value).toBe("shop");
    expect(router.path).toBe("/why/01J?user=ann&org=acme&app=shop");
  });

  it("shows a word of a newer API as it is, and the rest of the screen", async () => {
    const user = { username: "ann", type: "user", activated: true, pushInfo: [] };
    const message = { msg_id: "m1", from: "bob", chat_type: "chat", type: "txt", timestamp: 1, verdict: "postponed", devices: [{ device_id: "phone", outcome: "recalled" }] };
    stubApi((call) =>
      call.path === "/acme/chat/users/ann" ? { body: { entities: [user] } } : call.path.endsWith("/messages") ? { body: { data: [message] } } : answer(call));
    signIn("support");
    await open("/users/ann", "Users");
    const row = (await screen.findByText(/recalled/)).closest("tr")!;
    expect(row.textContent).toContain("postponed");
  });

  it("says that a screen cannot be drawn, and draws the others", async () => {
    stubApi((call) => (call.path.endsWith("/push/settings") ? { body: { ...settings, online_recheck: null } } : answer(call)));
    signIn("app");
    router.go("/settings");
    render(App);
    expect(await screen.findByRole("heading", { level: 1, name: "This screen could not be shown" })).toBeTruthy();
    expect(screen.getByRole("button", { name: "Reload the page" })).toBeTruthy();
    router.go("/certificates");
    expect(await screen.findByRole("heading", { level: 1, name: "Certificates" })).toBeTruthy();
  });

  it("takes who skips the menu to the heading", async () => {
    stubApi(answer);
    signIn("app");
    await open("/settings", "Settings");
    await fireEvent.click(screen.getByRole("link", { name: "Skip to content" }));
    expect(document.activeElement).toBe(screen.getByRole("heading", { level: 1 }));
    expect(router.path).toBe("/settings");
  });

  it("speaks Chinese when it is told to, and says so", async () => {
    stubApi(answer);
    signIn("app");
    await open("/settings", "Settings");
    await fireEvent.click(screen.getByRole("button", { name: "中文" }));
    expect(await screen.findByRole("heading", { level: 1, name: "设置" })).toBeTruthy();
    expect(document.documentElement.lang).toBe("zh-CN");
    language.choose("en");
  });

  it("wears the colours that were chosen", async () => {
    render(App);
    await fireEvent.change(screen.getByLabelText("Colours"), { target: { value: "dark" } });
    expect(document.documentElement.dataset["theme"]).toBe("dark");
    await fireEvent.change(screen.getByLabelText("Colours"), { target: { value: "system" } });
  });
});
