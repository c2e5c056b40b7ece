import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { router, type Path } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import Labels from "./Labels.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const LABELS = "/acme/chat/push/label";
const VIP = `${LABELS}/vip`;

/** The users of the label `vip`, while there is one. */
let vip: string[] | null;
let calls: Call[];

const shown = () => ({ name: "vip", description: HOSTILE, count: vip?.length, createdAt: 1_767_225_600_000 });
const gone: Answer = { status: 400, body: { error: "resource_not_found", error_description: "push label not exists of vip" } };

function answer({ method, path, body, query }: Call): Answer {
  const names = (body as { usernames?: string[] } | null)?.usernames ?? [];
  switch (`${method} ${path}`) {
    case `GET ${LABELS}`:
      return { body: { data: vip ? [shown()] : [] } };
    case `POST ${LABELS}`:
      vip = [];
      return { body: { data: { name: "vip", description: "", createdAt: 1 } } };
  }
  if (!vip) {
    return gone;
  }
  switch (`${method} ${path}`) {
    case `GET ${VIP}`:
      return { body: { data: shown() } };
    case `DELETE ${VIP}`:
      vip = null;
      return { body: { data: "success" } };
    case `GET ${VIP}/user`: {
      const found = vip.map((username) => ({ username, created: 1_767_225_600_000 }));
      return query.has("cursor") ? { body: { data: found.slice(1) } } : { body: { data: found.slice(0, 1), ...(found.length > 1 ? { cursor: "next" } : {}) } };
    }
    case `POST ${VIP}/user`:
      vip = [...vip, ...names.filter((name) => name !== "zoe")];
      return { body: { data: { success: names.filter((name) => name !== "zoe"), fail: names.includes("zoe") ? { zoe: "appUser not exists" } : {} } } };
    case `DELETE ${VIP}/user`: {
      const had = vip;
      vip = vip.filter((name) => !names.includes(name));
      const fail = Object.fromEntries(names.filter((name) => !had.includes(name)).map((name) => [name, "appUser not in label"]));
      return { body: { data: { success: names.filter((name) => had.includes(name)), fail } } };
    }
    default:
      return { status: 404 };
  }
}

function open(path: Path) {
  calls = stubApi(answer);
  router.go(path);
  return render(Labels);
}

const sent = (method: string, path: string) => calls.filter((call) => call.method === method && call.path === path).map(({ body }) => body);
const press = async (name: string) => fireEvent.click(await screen.findByRole("button", { name }));
const enter = async (label: string, value: string) => fireEvent.input(await screen.findByLabelText(label), { target: { value } });

async function confirm(name: string, action: string) {
  const dialog = await screen.findByRole("dialog");
  await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: name } });
  await fireEvent.submit(within(dialog).getByRole("button", { name: action }).closest("form")!);
}

beforeEach(() => {
  vip = ["ann", "bob"];
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
});

describe("labels", () => {
  it("are listed with their numbers of users, and hostile texts as text", async () => {
    const { container } = open("/labels");
    const row = (await screen.findByRole("link", { name: "vip" })).closest("tr")!;
    expect(row.textContent).toContain(HOSTILE);
    expect(within(row).getAllByRole("cell")[1]!.textContent).toBe("2");
    expect(container.querySelector("img")).toBeNull();
  });

  it("are created once, however often the button is pressed", async () => {
    vip = null;
    open("/labels");
    await screen.findByText("There is no label yet.");
    const { open: letGo, passed } = gate();
    calls = stubApi((call) => (call.method === "POST" ? passed.then(() => answer(call)) : answer(call)));
    await enter("Name", " vip ");
    const form = screen.getByLabelText("Name").closest("form")!;
    await fireEvent.submit(form);
    await fireEvent.submit(form);
    letGo();
    expect(await screen.findByText("The label vip is created.")).toBeTruthy();
    expect(sent("POST", LABELS)).toEqual([{ name: "vip" }]);
    expect(screen.getByLabelText<HTMLInputElement>("Name").value).toBe("");
  });

  it("are deleted once the name was typed", async () => {
    open("/labels");
    await press("Delete vip");
    expect((await screen.findByRole("dialog")).textContent).toContain("a task that walks its users ends");
    await confirm("vip", "Delete");
    expect(await screen.findByText("There is no label yet.")).toBeTruthy();
    expect(sent("DELETE", VIP)).toHaveLength(1);
  });
});

describe("a label", () => {
  it("lists its users by pages, and leads to a push", async () => {
    open("/labels/vip");
    expect((await screen.findByRole("link", { name: "ann" })).getAttribute("href")).toBe("#/users/ann");
    await press("Show more");
    expect(await screen.findByRole("link", { name: "bob" })).toBeTruthy();
    expect(screen.getByRole("link", { name: "Push to this label" }).getAttribute("href")).toBe("#/push?label=vip");
  });

  it("is given to users, says who did not get it and why, and keeps those for another try", async () => {
    open("/labels/vip");
    await enter("Users", "cleo, zoe\ncleo");
    await press("Give them the label");
    expect(await screen.findByText(/Users who have the label now: 1\./)).toBeTruthy();
    const failed = screen.getByRole("list", { name: "Not changed: 1." });
    expect(failed.textContent).toContain("zoe The app has no such user. appUser not exists");
    expect(sent("POST", `${VIP}/user`)).toEqual([{ usernames: ["cleo", "zoe"] }]);
    expect(screen.getByLabelText<HTMLTextAreaElement>("Users").value).toBe("zoe");
    expect(await screen.findByText("3")).toBeTruthy();
  });

  it("is taken from those who are named, and from one of the list", async () => {
    open("/labels/vip");
    await enter("Users", "bob dan");
    await press("Take the label from them");
    expect((await screen.findByRole("list", { name: "Not changed: 1." })).textContent).toContain("The user does not have the label.");
    await vi.waitFor(() => expect(screen.getByRole<HTMLButtonElement>("button", { name: "Take the label ann" }).disabled).toBe(false));
    await press("Take the label ann");
    expect(await screen.findByText("No user has this label yet.")).toBeTruthy();
    expect(sent("DELETE", `${VIP}/user`)).toEqual([{ usernames: ["bob", "dan"] }, { usernames: ["ann"] }]);
  });

  it("takes a hundred names and no more", async () => {
    open("/labels/vip");
    await enter("Users", Array.from({ length: 101 }, (_, index) => `user-${index}`).join("\n"));
    expect(screen.getByText("One call takes 100 users at most. Here are 101.")).toBeTruthy();
    await fireEvent.submit(screen.getByLabelText("Users").closest("form")!);
    await press("Take the label from them");
    expect(calls.every(({ method }) => method === "GET")).toBe(true);
  });

  it("that was deleted meanwhile is said to be gone, and what was typed stays", async () => {
    open("/labels/vip");
    await enter("Users", "cleo");
    vip = null;
    await press("Give them the label");
    const alert = await screen.findByRole("alert");
    expect(alert.textContent).toContain("Not found.");
    expect(alert.textContent).toContain("push label not exists of vip");
    expect(screen.getByLabelText<HTMLTextAreaElement>("Users").value).toBe("cleo");
  });

  it("that does not exist leads back to the list", async () => {
    vip = null;
    open("/labels/vip");
    expect((await screen.findByRole("alert")).textContent).toContain("Not found.");
    expect(screen.getByRole("link", { name: "Labels" }).getAttribute("href")).toBe("#/labels");
    expect(screen.queryByRole("button", { name: "Delete" })).toBeNull();
  });

  it("is left for the list once it is deleted", async () => {
    open("/labels/vip");
    await press("Delete");
    await confirm("vip", "Delete");
    await vi.waitFor(() => expect(router.path).toBe("/labels"));
  });
});
