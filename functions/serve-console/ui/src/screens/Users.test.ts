import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { router } from "../lib/router.svelte";
import { session, type AppAccess } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import Users from "./Users.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const ANN = "/acme/chat/users/ann";
const NIGHT = "2026-01-10T02:00:00Z";

let activated: boolean;
/** The default of a new app. */
let advanced_push: boolean;
const closed = { status: 403, body: { error: "service_not_open", error_description: "push service not open: advanced_push is off" } };

function answer({ method, path, query }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /acme/chat/users":
      return { body: { entities: [{ username: query.get("cursor") ?? HOSTILE, type: "user" }], count: 1, ...(query.has("cursor") ? {} : { cursor: "zoe" }) } };
    case `GET ${ANN}`:
      return {
        body: {
          entities: [{
            username: "ann", type: "user", activated, notification_display_style: 1, time_zone: "Asia/Shanghai", notification_ignore_g7: true, nickname: HOSTILE,
            pushInfo: [{ device_Id: "phone", device_token: "abcdef0123456789xyz", notifier_name: "cert" }],
          }],
        },
      };
    case `GET ${ANN}/status`:
      return { body: { data: { ann: "online" } } };
    case `GET ${ANN}/resources`:
      return { body: { data: [{ res: "android_tablet", device_uuid: "tablet", device_name: "android" }] } };
    case `GET ${ANN}/offline_msg_count`:
      return { body: { data: { ann: 3 } } };
    case "GET /acme/chat/push/settings":
      return { body: { advanced_push, time_zone: "UTC" } };
    case `GET ${ANN}/notification/user/ann`:
      return !advanced_push ? closed : { body: { data: { type: "AT", ignoreInterval: "09:00-11:00", ignoreDuration: 0 } } };
    case `GET ${ANN}/notification/chatgroup/g1`:
      return { body: { data: { type: "NONE", ignoreInterval: "", ignoreDuration: 0 } } };
    case `GET ${ANN}/notification/language`:
      return { body: { data: { language: "de" } } };
    case `GET ${ANN}/notification/template`:
      return !advanced_push ? closed : { body: { data: { templateName: "" } } };
    case `GET ${ANN}/messages`:
      return query.has("cursor")
        ? { body: { data: [message("01B", { group_id: "g1", verdict: "push", reason: undefined, devices: [{ device_id: "phone", notifier_name: "cert", outcome: "success" }] })] } }
        : { body: { data: [message("01A")], cursor: "next" } };
    case `POST ${ANN}/deactivate`:
      activated = false;
      return { body: {} };
    default:
      return method === "GET" ? undefined : { body: { data: {} } };
  }
}

function message(msg_id: string, more = {}) {
  return { msg_id, from: "bob", chat_type: "chat", type: "txt", timestamp: 1_767_225_600_000, verdict: "skip", reason: "user online", devices: [], ...more };
}

function signIn(role: AppAccess["role"]) {
  session.signIn({ org: "acme", app: "chat", bearer: "token", role, expires: null }, false);
}

const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));
const fact = async (name: string) => (await screen.findByText(name)).nextElementSibling!.textContent.replace(/\s+/g, " ").trim();

/** Types the name that the dialog asks for. */
async function confirm(name: string, action: string) {
  const dialog = await screen.findByRole("dialog");
  const button = within(dialog).getByRole("button", { name: action }) as HTMLButtonElement;
  expect(button.disabled).toBe(true);
  await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: name } });
  expect(button.disabled).toBe(false);
  await fireEvent.submit(button.closest("form")!);
}

beforeEach(() => {
  activated = true;
  advanced_push = true;
  signIn("app");
});

describe("users", () => {
  it("are listed by pages, with hostile names as text", async () => {
    stubApi(answer);
    const { container } = render(Users);
    expect((await screen.findByRole("link", { name: HOSTILE })).getAttribute("href")).toBe(`#/users/${encodeURIComponent(HOSTILE)}`);
    await press("Show more");
    expect(await screen.findByRole("link", { name: "zoe" })).toBeTruthy();
    expect(container.querySelector("img")).toBeNull();
  });

  it("are jumped to by their exact name", async () => {
    const calls = stubApi(answer);
    render(Users);
    await fireEvent.input(screen.getByLabelText("Exact name"), { target: { value: " Ann " } });
    await fireEvent.submit(screen.getByLabelText("Exact name").closest("form")!);
    expect(await screen.findByRole("heading", { name: "ann" })).toBeTruthy();
    expect(calls.some(({ path }) => path === ANN)).toBe(true);
  });
});

describe("a user", () => {
  it("has devices with their state and bindings, tokens masked", async () => {
    stubApi(answer);
    router.go("/users/ann");
    render(Users);
    const tablet = (await screen.findByRole("heading", { name: "tablet" })).closest("article")!;
    expect(tablet.textContent).toContain("connected");
    expect(within(tablet).getByRole("button", { name: "Disconnect" })).toBeTruthy();
    const phone = screen.getByRole("heading", { name: "phone" }).closest("article")!;
    expect(phone.textContent).toContain("not connected");
    expect(phone.textContent).toContain("abcdef…yz");
    expect(document.body.textContent).not.toContain("abcdef0123456789xyz");
    expect(await screen.findByText("Messages that wait: 3")).toBeTruthy();
  });

  it("wants what is told in words, on the user's own clock", async () => {
    vi.useFakeTimers({ now: new Date(NIGHT), toFake: ["Date"] });
    stubApi(answer);
    router.go("/users/ann");
    render(Users);
    expect(await fact("Push mode")).toBe("only what mentions the user");
    expect(await fact("Time zone")).toBe("Asia/Shanghai It is 10:00 there.");
    expect(await fact("Do-not-disturb every day")).toBe("09:00-11:00 do-not-disturb now");
    expect(await fact("Notification shows")).toBe("who wrote what");
    expect(await fact("Language")).toBe("de");
    expect(await fact("Template")).toBe("none");
    expect(await fact("Groups without pushes")).toBe("g7 Among the first 500 conversations with settings.");
    vi.useRealTimers();
  });

  it("of an app without advanced push, as every new one, is shown without what does not count there", async () => {
    advanced_push = false;
    const calls = stubApi(answer);
    router.go("/users/ann");
    render(Users);
    expect(await screen.findByText(/Advanced push is off in this app/)).toBeTruthy();
    expect(await fact("Language")).toBe("de");
    expect(await fact("Notification shows")).toBe("who wrote what");
    expect(screen.queryByText("Push mode")).toBeNull();
    expect(screen.queryByRole("alert")).toBeNull();
    expect(calls.filter(({ path }) => /notification\/(user|template)/.test(path))).toEqual([]);
  });

  it("wants something else in one conversation, which is asked for by name", async () => {
    stubApi(answer);
    router.go("/users/ann");
    render(Users);
    const input = await screen.findByLabelText("Group or user");
    await fireEvent.input(input, { target: { value: "g1" } });
    await fireEvent.submit(input.closest("form")!);
    expect(await screen.findByText("g1: no message")).toBeTruthy();
  });

  it("has recent messages by pages, each with a link to why", async () => {
    stubApi(answer);
    router.go("/users/ann");
    render(Users);
    const region = await screen.findByRole("region", { name: "Recent messages" });
    expect(within(region).getByText("user online")).toBeTruthy();
    expect(within(region).getByRole("link", { name: "Why? 01A" }).getAttribute("href")).toBe("#/why/01A?user=ann");
    await press("Show more");
    const second = await within(region).findByRole("link", { name: "Why? 01B" });
    expect(second.getAttribute("href")).toBe("#/why/01B?user=ann&group=g1");
    expect(second.closest("tr")!.textContent).toContain("accepted by the vendor");
  });

  it("is unbound and logged out once the user was named, whatever the device is called", async () => {
    const calls = stubApi(answer);
    router.go("/users/ann");
    render(Users);
    await press("Unbind");
    expect((await screen.findByRole("dialog")).querySelector("bdi")!.textContent).toBe("phone");
    await confirm("ann", "Unbind");
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "PUT")).toMatchObject({
      path: `${ANN}/push/binding`, body: { device_id: "phone", notifier_name: "cert", device_token: "" },
    }));
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    await press("Log out and unbind");
    await confirm("ann", "Log out and unbind");
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "POST")).toMatchObject({
      path: `${ANN}/push/logout`, body: { device_id: "phone", unbind_token: true },
    }));
  });

  it("is banned and erased once the name was typed", async () => {
    const calls = stubApi(answer);
    router.go("/users/ann");
    render(Users);
    await press("Ban this user");
    await confirm("ann", "Ban this user");
    expect(await screen.findByText("banned")).toBeTruthy();
    await press("End the ban");
    await vi.waitFor(() => expect(calls.some(({ path }) => path === `${ANN}/activate`)).toBe(true));
    await press("Erase this user");
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toContain("Groups that the user owns are deleted for all their members.");
    expect(dialog.textContent).toContain("Messages that the user sent stay with their receivers.");
    await confirm("ann", "Erase this user");
    await vi.waitFor(() => expect(calls.at(-1)).toMatchObject({ method: "GET", path: "/acme/chat/users" }));
    expect(calls.some(({ method, path }) => method === "DELETE" && path === ANN)).toBe(true);
    expect(router.path).toBe("/users");
  });

  it("that is erased late leads nobody away from another app", async () => {
    const { open, passed } = gate();
    const calls = stubApi((call) => (call.method === "DELETE" ? passed.then(() => answer(call)) : answer(call)));
    router.go("/users/ann");
    render(Users);
    await press("Erase this user");
    await confirm("ann", "Erase this user");
    await vi.waitFor(() => expect(calls.some(({ method }) => method === "DELETE")).toBe(true));
    session.signIn({ org: "acme", app: "shop", bearer: "b", role: "app", expires: null }, false);
    open();
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(router.path).toBe("/users/ann");
  });

  it("is shown to support staff without what they may not ask or change", async () => {
    signIn("support");
    const calls = stubApi(answer);
    router.go("/users/ann");
    const { container } = render(Users);
    await screen.findByRole("link", { name: "Why? 01A" });
    await screen.findByText("Connected.");
    const changing = ["Unbind", "Log out", "Log out and unbind", "Disconnect", "Ban this user", "Erase this user"];
    expect(screen.queryAllByRole("button").filter((button) => changing.includes(button.textContent!.trim()))).toEqual([]);
    const readable = /\/users\/ann(\/(status|messages|push\/binding|notification\/.+))?$|\/push\/settings$/;
    expect(calls.filter(({ method, path }) => method !== "GET" || !readable.test(path))).toEqual([]);
    expect(container.querySelector("img")).toBeNull();
  });

  it("with many devices has them searched", async () => {
    const res = Array.from({ length: 20 }, (_, index) => ({ res: `android_d${index}`, device_uuid: `device-${index}`, device_name: "android" }));
    stubApi((call) => (call.path === `${ANN}/resources` ? { body: { data: res } } : answer(call)));
    router.go("/users/ann");
    render(Users);
    const card = (await screen.findByRole("heading", { name: "device-0" })).closest(".card") as HTMLElement;
    const names = () => within(card).queryAllByRole("heading", { level: 3 }).map((heading) => heading.textContent);
    await fireEvent.input(within(card).getByRole("searchbox"), { target: { value: "DEVICE-17" } });
    expect(names()).toEqual(["device-17"]);
    await fireEvent.input(within(card).getByRole("searchbox"), { target: { value: "cert" } });
    expect(names()).toEqual(["phone"]);
    await fireEvent.input(within(card).getByRole("searchbox"), { target: { value: "nothing" } });
    expect(card.textContent).toContain("Nothing that is loaded matches.");
  });

  it("keeps the rest of the page when one part cannot be loaded", async () => {
    stubApi((call) => (call.path.endsWith("/messages") ? { status: 503, body: { error_description: "busy" } } : answer(call)));
    router.go("/users/ann");
    render(Users);
    expect((await screen.findByRole("alert")).textContent).toContain("busy");
    expect(await screen.findByRole("heading", { name: "tablet" })).toBeTruthy();
    expect(await fact("Language")).toBe("de");
  });
});
