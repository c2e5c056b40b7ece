import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import Push from "./Push.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const SYNC = "/acme/chat/push/sync/ann";
const SINGLE = "/acme/chat/push/single";
const EVERYONE = "/acme/chat/push/task";
const LABEL = "/acme/chat/push/list/label";
const TASK = "01M8679BV477PVTKS0EHTQE000";

let advanced_push: boolean;
let calls: Call[];

function answer({ method, path, body }: Call): Answer | undefined {
  const targets = (body as { targets?: string[] } | null)?.targets ?? [];
  switch (`${method} ${path}`) {
    case "GET /acme/chat/push/settings":
      return { body: { advanced_push, time_zone: "Asia/Shanghai" } };
    case "GET /acme/chat/push/label":
      return { body: { data: [{ name: "vip", description: "", createdAt: 1, count: 1234 }] } };
    case "GET /acme/chat/notification/template":
      return { body: { data: [{ name: "sale", title_pattern: "{0}", content_pattern: "x" }] } };
    case `POST ${SYNC}`:
      return {
        body: {
          data: [
            { pushStatus: "SUCCESS", desc: "success", data: { code: "80000000", text: HOSTILE }, device_id: "phone", msg_id: "m1" },
            { pushStatus: "FAIL", desc: "no push binding", device_id: "tablet", msg_id: "m1" },
          ],
        },
      };
    case `POST ${SINGLE}`:
      return { body: { data: targets.map((id, index) => ({ id, pushStatus: "ASYNC_SUCCESS", desc: "async success.", msg_id: `m${index}` })) } };
    case `POST ${EVERYONE}`:
      return { body: { data: TASK } };
    case `POST ${LABEL}`:
      return { body: { data: { taskId: TASK } } };
    default:
      return undefined;
  }
}

async function open(how: (call: Call) => ReturnType<typeof answer> | Promise<Answer | undefined> = answer) {
  calls = stubApi(how);
  const shown = render(Push);
  await screen.findByText(/template applies|Template$/);
  return shown;
}

const posts = (path: string) => calls.filter((call) => call.method === "POST" && call.path === path);
const field = (label: string) => screen.getByLabelText<HTMLInputElement>(label);
const enter = (label: string, value: string) => fireEvent.input(field(label), { target: { value } });
const choose = (name: string) => fireEvent.click(screen.getByRole("radio", { name }));
const send = () => fireEvent.submit(screen.getByRole("button", { name: "Send" }).closest("form")!);

/** Presses the button of the question. Answers what was asked. */
async function confirm(name: string): Promise<string> {
  const dialog = await screen.findByRole("dialog");
  const text = dialog.textContent;
  await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: name } });
  await fireEvent.submit(within(dialog).getByRole("textbox").closest("form")!);
  return text;
}

beforeEach(() => {
  advanced_push = true;
  router.go("/push");
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
});

describe("a push to a user", () => {
  it("shows each device with the vendor's answer as text, the reason of a refusal, and the way to the trace", async () => {
    const { container } = await open();
    await enter("Receiver", " ann ");
    await enter("Title", "Notice");
    await enter("Text", "The service is back");
    await send();
    const [phone, tablet] = (await screen.findAllByRole("rowheader")).map((cell) => cell.closest("tr")!);
    expect(posts(SYNC)[0]!.body).toEqual({ strategy: 2, pushMessage: { title: "Notice", content: "The service is back" } });
    expect(phone!.textContent).toContain("accepted by the vendor");
    expect(phone!.querySelector("pre")!.textContent).toContain(HOSTILE);
    expect(within(phone!).getByRole("link", { name: "Why? ann phone" }).getAttribute("href")).toBe("#/why/m1?user=ann");
    expect(tablet!.textContent).toContain("not accepted");
    expect(tablet!.textContent).toContain("The user is known and has no device token.");
    expect(container.querySelector("td img")).toBeNull();
  });

  it("is sent once, however often the button is pressed", async () => {
    const { open: letGo, passed } = gate();
    await open((call) => (call.path === SYNC ? passed.then(() => answer(call)) : answer(call)));
    await enter("Receiver", "ann");
    await send();
    await send();
    letGo();
    await screen.findAllByRole("rowheader");
    expect(posts(SYNC)).toHaveLength(1);
  });

  it("whose answer was lost is repeated under the same key, and a push that is wanted again is not", async () => {
    let lost = true;
    await open((call) => (call.path === SYNC && lost ? "unreachable" : answer(call)));
    await enter("Receiver", "ann");
    await send();
    await screen.findByRole("alert");
    lost = false;
    await send();
    await screen.findAllByRole("rowheader");
    await send();
    await vi.waitFor(() => expect(posts(SYNC)).toHaveLength(3));
    const [first, second, third] = posts(SYNC).map(({ key }) => key);
    expect(first).not.toBe("");
    expect(second).toBe(first);
    expect(third).not.toBe(first);
  });

  it("keeps what was typed when it is refused, and shows no answer of the push before", async () => {
    let refused = false;
    await open((call) => (call.path === SYNC && refused ? { status: 403, body: { error: "limit_request", error_description: "limit request" } } : answer(call)));
    await enter("Receiver", "ann");
    await enter("Title", "Notice");
    await send();
    await screen.findAllByRole("rowheader");
    refused = true;
    await send();
    expect((await screen.findByRole("alert")).textContent).toContain("limit request");
    expect(field("Title").value).toBe("Notice");
    expect(screen.queryAllByRole("rowheader")).toEqual([]);
  });

  it("with blocks that are no JSON object is not sent, and says so", async () => {
    await open();
    await enter("Receiver", "ann");
    await enter("More of pushMessage, as JSON", "{");
    await send();
    expect((await screen.findByRole("alert")).textContent).toContain("Something in the form cannot be sent.");
    expect(posts(SYNC)).toEqual([]);
  });

  it("offers the app's templates, and none while advanced push is off", async () => {
    await open();
    await fireEvent.change(field("Template"), { target: { value: "sale" } });
    await enter("template.title_args", "a\nb");
    await enter("Receiver", "ann");
    await send();
    await vi.waitFor(() => expect(posts(SYNC)[0]?.body).toMatchObject({ pushMessage: { template: { name: "sale", title_args: ["a", "b"], content_args: [] } } }));
    advanced_push = false;
    document.body.replaceChildren();
    await open();
    expect(screen.getByText(/no template applies/)).toBeTruthy();
  });
});

describe("a push to some users", () => {
  it("names each with a link to the trace", async () => {
    await open();
    await choose("up to 100 users");
    await enter("Users", "ann bob\nann");
    await send();
    expect((await screen.findByRole("link", { name: "Why? bob" })).getAttribute("href")).toBe("#/why/m1?user=bob");
    expect(posts(SINGLE)[0]!.body).toMatchObject({ targets: ["ann", "bob"] });
  });

  it("is not sent to more than a hundred", async () => {
    await open();
    await choose("up to 100 users");
    await enter("Users", Array.from({ length: 101 }, (_, index) => `user-${index}`).join(" "));
    await send();
    expect(screen.getByText("One call takes 100 users at most. Here are 101.")).toBeTruthy();
    expect(posts(SINGLE)).toEqual([]);
  });
});

describe("a push to many", () => {
  it("asks first, says whom it reaches, and goes to its task", async () => {
    await open();
    await choose("everyone");
    await enter("Title", "Sale");
    await send();
    expect(posts(EVERYONE)).toEqual([]);
    expect(await confirm("chat")).toContain("Sends to all users of the app. It starts at once.");
    await vi.waitFor(() => expect(router.path).toBe(`/tasks/${TASK}`));
    expect(posts(EVERYONE)[0]!.body).toEqual({ strategy: 2, pushMessage: { title: "Sale" } });
  });

  it("by a link from its label asks for the label's name, with its number of users and the start", async () => {
    router.go("/push?label=vip");
    await open();
    expect(field("Label").value).toBe("vip");
    await enter("Start", "2026-12-24T18:00");
    await send();
    const asked = await confirm("vip");
    expect(asked).toContain("Now they are 1,234.");
    expect(asked).toContain("It starts at 2026-12-24 18:00:00, Asia/Shanghai.");
    await vi.waitFor(() => expect(router.path).toBe(`/tasks/${TASK}`));
    expect(posts(LABEL)[0]!.body).toEqual({ strategy: 2, pushMessage: {}, targets: ["vip"], startDate: "2026-12-24 18:00:00" });
  });

  it("is made once, also after an answer that was lost", async () => {
    let lost = true;
    await open((call) => (call.path === EVERYONE && lost ? "unreachable" : answer(call)));
    await choose("everyone");
    await send();
    await confirm("chat");
    await within(await screen.findByRole("dialog")).findByRole("alert");
    lost = false;
    await confirm("chat");
    await vi.waitFor(() => expect(router.path).toBe(`/tasks/${TASK}`));
    expect(new Set(posts(EVERYONE).map(({ key }) => key)).size).toBe(1);
  });

  it("to a label that was deleted meanwhile says so", async () => {
    router.go("/push?label=gone");
    await open((call) => (call.path === LABEL ? { status: 400, body: { error: "resource_not_found", error_description: "push label not exists of gone" } } : answer(call)));
    await send();
    await confirm("gone");
    expect((await screen.findByRole("alert")).textContent).toContain("push label not exists of gone");
    expect(router.path).toBe("/push?label=gone");
  });

  it("leads nobody to its task who is in another app by then", async () => {
    const { open: letGo, passed } = gate();
    await open((call) => (call.path === EVERYONE ? passed.then(() => answer(call)) : answer(call)));
    await choose("everyone");
    await send();
    await confirm("chat");
    await vi.waitFor(() => expect(posts(EVERYONE)).toHaveLength(1));
    session.signIn({ org: "acme", app: "shop", bearer: "b", role: "app", expires: null }, false);
    letGo();
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(router.path).toBe("/push");
  });
});
