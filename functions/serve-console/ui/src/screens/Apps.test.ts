import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import App from "../App.svelte";
import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { stubApi, type Answer, type Call } from "../test/api";

const HOSTILE = "<img src=x onerror=alert(1)>";
const app = (org: string, name: string, more = {}) => ({
  org, app: name, createdAt: 1_700_000_000_000, notifiers: 2, warnings: 1, last_24h: { accepted: 1234, refused: 5 }, ...more,
});

let apps: unknown[];
let gone: boolean;

/** A stack that has these apps. */
function answer({ method, path, query }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /management/apps":
      return { body: { data: query.has("cursor") ? [app("zoo", "last")] : apps, count: 1, ...(query.has("cursor") ? {} : { cursor: "next" }) } };
    case "POST /management/apps":
      return { body: { org: "acme", app: "new", client_id: "id-1", client_secret: "secret-1", settings: {}, createdAt: 1 } };
    case "GET /management/apps/acme/chat":
      return { body: gone ? { org: "acme", app: "chat", state: "deleting", deletingSince: 1 } : { org: "acme", app: "chat", state: "active", client_id: "id-2", settings: {}, createdAt: 1 } };
    case "DELETE /management/apps/acme/chat":
      gone = true;
      return { body: { data: { org: "acme", app: "chat", deleted: true, state: "deleting", deletingSince: 1 } } };
    case "POST /management/apps/acme/chat/token":
      return { body: { access_token: "issued", expires_in: 3600, application: "acme#chat" } };
    case "POST /management/apps/acme/chat/credentials":
      return { body: { client_id: "id-2", client_secret: "secret-2", previous_valid_until: 1_700_000_000_000 } };
    case "POST /management/apps/acme/chat/tokens/revoke":
      return { body: { data: { revoked_before: 1_700_000_000_000 } } };
    case "GET /acme/chat/notifiers":
      return { body: { data: [], count: 0 } };
    default:
      return undefined;
  }
}

const press = async (name: string | RegExp) => fireEvent.click(await screen.findByRole("button", { name }));
const type = (label: string, value: string) => fireEvent.input(screen.getByLabelText(label), { target: { value } });

beforeEach(() => {
  apps = [app("acme", "chat"), ...["deleting", "held"].map((state) => app("acme", state, { state, notifiers: null, warnings: null, last_24h: null }))];
  gone = false;
  session.signInOperator({ bearer: "operator", expires: Date.now() + 24 * 3_600_000 }, false);
});

describe("the apps of an operator", () => {
  it("are listed with their numbers, page by page, and those being deleted cannot be opened", async () => {
    const calls = stubApi(answer);
    render(App);
    const row = (await screen.findByRole("link", { name: "acme#chat" })).closest("tr")!;
    expect(within(row).getAllByRole("cell").map((cell) => cell.textContent)).toEqual(expect.arrayContaining(["1,234", "5", "2", "1"]));
    for (const [name, word] of [["deleting", "being deleted"], ["held", "name held"]] as const) {
      const gone = screen.getByRole("link", { name: `acme#${name}` }).closest("tr")!;
      expect(within(gone).queryByRole("button")).toBeNull();
      expect(gone.textContent).toContain(word);
      const cells = within(gone).getAllByTitle("The app is gone: nothing is counted any more.");
      expect(cells.map((cell) => cell.textContent)).toEqual(["–", "–", "–", "–"]);
    }
    await press("Load all");
    expect(await screen.findByRole("link", { name: "zoo#last" })).toBeTruthy();
    expect(calls.every(({ bearer }) => bearer === "operator")).toBe(true);
  });

  it("have hostile names shown as text", async () => {
    apps = [app(HOSTILE, HOSTILE)];
    stubApi(answer);
    const { container } = render(App);
    expect(await screen.findByRole("link", { name: `${HOSTILE}#${HOSTILE}` })).toBeTruthy();
    expect(container.querySelector("main img")).toBeNull();
  });

  it("are opened without another sign-in, and the list is one step back", async () => {
    const calls = stubApi(answer);
    render(App);
    await press("Open acme#chat");
    expect(await screen.findByText("This app has no certificate yet. Clients cannot be reached until it has one.")).toBeTruthy();
    expect(calls.at(-2)).toMatchObject({ method: "POST", path: "/management/apps/acme/chat/token", bearer: "operator" });
    expect(calls.at(-1)).toMatchObject({ path: "/acme/chat/notifiers", bearer: "issued" });
    expect(screen.getByRole("link", { name: "Certificates" }).getAttribute("aria-current")).toBe("page");
    router.go("/apps");
    expect(await screen.findByRole("heading", { name: "Apps" })).toBeTruthy();
    expect(session.operator?.bearer).toBe("operator");
  });

  it("that need attention come first, and alone on request", async () => {
    apps = [app("acme", "well", { warnings: 0 }), app("acme", "refused", { warnings: 0, last_24h: { accepted: 1, refused: 9 } }), app("acme", "warned", { warnings: 3 }), app("acme", "old", { state: "deleting", notifiers: null, warnings: null, last_24h: null })];
    stubApi(answer);
    render(App);
    const names = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);
    await screen.findByRole("link", { name: "acme#well" });
    expect(names()).toEqual(["acme#warned", "acme#refused", "acme#well", "acme#old"]);
    await fireEvent.click(screen.getByLabelText("Only apps that need attention"));
    expect(names()).toEqual(["acme#warned", "acme#refused"]);
  });

  it("are jumped to by their exact name, without loading the list", async () => {
    const calls = stubApi(answer);
    render(App);
    await type("Exact name of an app", " Acme#Chat ");
    await fireEvent.submit(screen.getByLabelText("Exact name of an app").closest("form")!);
    expect(await screen.findByRole("heading", { level: 1, name: "acme#chat" })).toBeTruthy();
    expect(router.path).toBe("/apps/acme/chat");
    expect(calls.filter(({ path }) => path === "/management/apps")).toHaveLength(1);
  });

  it.each([null, "shop"])("are offered by a link to one of them, and the link is followed then, open before: %s", async (before) => {
    const calls = stubApi((call) => (call.path.includes("/push/trace/") ? { body: { data: { verdict: "skip", rules: [], devices: [] } } } : answer(call)));
    if (before) {
      session.open("acme", before);
    }
    router.go("/why/01J?user=ann&org=acme&app=chat");
    render(App);
    expect(await screen.findByText(/This link is for acme#chat/)).toBeTruthy();
    expect(calls).toEqual([]);
    await press("Open acme#chat");
    await vi.waitFor(() => expect(calls.at(-1)).toMatchObject({ path: "/acme/chat/push/trace/01J", bearer: "issued" }));
    expect(await screen.findByRole("heading", { name: "Message 01J to ann" })).toBeTruthy();
  });

  it("show the secret of a new one this once", async () => {
    stubApi(answer);
    router.go("/apps?new");
    render(App);
    await type("Organisation", "acme");
    await type("App", "new");
    await press("Create");
    expect((await screen.findByLabelText<HTMLInputElement>("client_secret")).value).toBe("secret-1");
    expect(screen.getByText("Copy the secret now. It is shown this once, and nobody can look it up later.")).toBeTruthy();
    await press("I have stored it");
    expect(router.path).toBe("/apps/acme/new");
    expect(document.body.innerHTML).not.toContain("secret-1");
    expect(screen.queryByLabelText("client_secret")).toBeNull();
  });

  it("keep what was typed of a new one while the API cannot be reached", async () => {
    stubApi((call) => (call.method === "POST" ? "unreachable" : answer(call)));
    router.go("/apps?new");
    render(App);
    await type("Organisation", "acme");
    await type("App", "new");
    await press("Create");
    expect((await screen.findByRole("alert")).textContent).toContain("What you typed is still here.");
    expect(screen.getByLabelText<HTMLInputElement>("App").value).toBe("new");
  });
});

describe("an app of an operator", () => {
  beforeEach(() => router.go("/apps/acme/chat"));

  it("is deleted only when its name was typed", async () => {
    const calls = stubApi(answer);
    render(App);
    await press("Delete this app");
    const dialog = screen.getByRole("dialog");
    const confirm = within(dialog).getByRole<HTMLButtonElement>("button", { name: "Delete this app" });
    const typed = within(dialog).getByLabelText("Type acme#chat to confirm");
    for (const wrong of ["", "acme", "acme#chats"]) {
      await fireEvent.input(typed, { target: { value: wrong } });
      expect(confirm.disabled).toBe(true);
      await fireEvent.submit(confirm.closest("form")!);
    }
    expect(calls.some(({ method }) => method === "DELETE")).toBe(false);
    await fireEvent.input(typed, { target: { value: "acme#chat" } });
    await fireEvent.click(confirm);
    expect(await screen.findByText(/This app is being deleted since/)).toBeTruthy();
    await vi.waitFor(() => expect(screen.queryByRole("button", { name: "Delete this app" })).toBeNull());
  });

  it("that is being deleted is looked at again at growing distances until nothing is left, which is said", async () => {
    vi.useFakeTimers();
    gone = true;
    let looks = 0;
    stubApi((call) => (call.path === "/management/apps/acme/chat" && ++looks > 5 ? { status: 404, body: { error: "organization_application_not_found" } } : answer(call)));
    render(App);
    await vi.advanceTimersByTimeAsync(0);
    expect(screen.getByText(/This app is being deleted since/)).toBeTruthy();
    expect(screen.getByRole("progressbar", { name: "Waiting until nothing of the app is left" })).toBeTruthy();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(screen.getByText(/Nothing of this app is left/)).toBeTruthy();
    expect(screen.queryByRole("progressbar")).toBeNull();
    expect(looks).toBe(6);
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(looks).toBe(6);
    vi.useRealTimers();
  });

  it("whose deletion takes long is looked at no longer than a quarter of an hour, nor once the screen is left", async () => {
    vi.useFakeTimers();
    gone = true;
    const calls = stubApi(answer);
    const looks = () => calls.filter(({ path }) => path === "/management/apps/acme/chat").length;
    const { unmount } = render(App);
    await vi.advanceTimersByTimeAsync(16 * 60_000);
    const count = looks();
    expect(count).toBeLessThan(110);
    expect(screen.getByText(/After 15 minutes the deletion is not complete/)).toBeTruthy();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(looks()).toBe(count);
    await fireEvent.click(screen.getByRole("button", { name: "Refresh" }));
    await vi.advanceTimersByTimeAsync(0);
    expect(looks()).toBe(count + 1);
    unmount();
    await vi.advanceTimersByTimeAsync(3_600_000);
    expect(looks()).toBe(count + 1);
    vi.useRealTimers();
  });

  it("gets a new secret with grace at once, and without grace only when its name was typed", async () => {
    const calls = stubApi(answer);
    render(App);
    await press("Make a new secret");
    expect((await screen.findByLabelText<HTMLInputElement>("client_secret")).value).toBe("secret-2");
    expect(calls.at(-1)!.body).toEqual({ grace_seconds: 86_400 });
    await press("I have stored it");

    await fireEvent.change(screen.getByLabelText("How long earlier secrets still work"), { target: { value: "0" } });
    await press("Make a new secret");
    const dialog = screen.getByRole("dialog");
    expect(calls.filter(({ path }) => path.endsWith("/credentials"))).toHaveLength(1);
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "acme#chat" } });
    await fireEvent.click(within(dialog).getByRole("button", { name: "Make a new secret" }));
    await vi.waitFor(() => expect(calls.at(-1)).toMatchObject({ path: "/management/apps/acme/chat/credentials", body: { grace_seconds: 0 } }));
  });

  it("has its tokens revoked only when its name was typed", async () => {
    const calls = stubApi(answer);
    render(App);
    await press("Revoke tokens");
    const dialog = screen.getByRole("dialog");
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "acme#chat" } });
    expect(calls.some(({ path }) => path.endsWith("/revoke"))).toBe(false);
    await fireEvent.click(within(dialog).getByRole("button", { name: "Revoke tokens" }));
    expect(await screen.findByText(/Tokens from before .* are refused within a minute/)).toBeTruthy();
  });

  it("has its support tokens ended alone", async () => {
    const calls = stubApi(answer);
    render(App);
    await press("End all support tokens");
    const dialog = screen.getByRole("dialog");
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "acme#chat" } });
    expect(calls.some(({ path }) => path.endsWith("/revoke"))).toBe(false);
    await fireEvent.click(within(dialog).getByRole("button", { name: "End all support tokens" }));
    expect(await screen.findByText(/Support tokens from before .* are refused within a minute/)).toBeTruthy();
    const ended = calls.filter(({ path }) => path.endsWith("/revoke"));
    expect(ended.map(({ body }) => body)).toEqual([{ scope: "support" }]);
  });

  it("gives a support token that is shown this once", async () => {
    const calls = stubApi(answer);
    render(App);
    await fireEvent.change(await screen.findByLabelText("Days until it expires"), { target: { value: "30" } });
    await press("Make a support token");
    expect((await screen.findByLabelText<HTMLInputElement>("Support token")).value).toBe("issued");
    expect(calls.at(-1)).toMatchObject({ path: "/management/apps/acme/chat/token", bearer: "operator", body: { scope: "support", ttl: 2_592_000 } });
    await press("I have stored it");
    expect(screen.queryByLabelText("Support token")).toBeNull();
  });
});
