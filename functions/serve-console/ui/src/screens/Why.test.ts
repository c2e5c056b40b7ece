import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import Why from "./Why.svelte";

const decision = {
  verdict: "skip",
  reason: "mode none",
  rules: [{ rule: "mode", inputs: { mode: "NONE", level: "app" }, verdict: "skip", reason: "mode none" }],
  devices: [],
};
const trace = { ...decision, msg_id: "01J", user: "ann", accepted_at: 1_767_225_600_000, expires_at: 1_767_312_000_000 };

function answer({ method, path }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /acme/chat/push/trace/01J":
      return { body: { data: trace } };
    case "POST /acme/chat/push/explain":
      return { body: { data: decision } };
    default:
      return undefined;
  }
}

const form = (name: string) => screen.getByRole("heading", { name }).closest("form")!;
const sent = () => within(form("A message that was sent"));
const tried = () => within(form("A message to try. Nothing is sent."));
const type = (inside: ReturnType<typeof within>, label: string, value: string) => fireEvent.input(inside.getByLabelText(label), { target: { value } });

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "support", expires: null }, false));

describe("why", () => {
  it("opens the message that a link names, and gives the link", async () => {
    const calls = stubApi(answer);
    router.go("/why/01J?user=ann&group=g1");
    render(Why);
    const link = (await screen.findByLabelText("Link to this page")) as HTMLInputElement;
    expect(link.value).toMatch(/#\/why\/01J\?user=ann&group=g1&org=acme&app=chat$/);
    expect(calls.map(({ query }) => query.toString())).toEqual(["user=ann&group=g1"]);
    expect(screen.getByText("This rule decided.")).toBeTruthy();
  });

  it("opens the next message when the address changes", async () => {
    const calls = stubApi(answer);
    router.go("/why/01J?user=ann");
    render(Why);
    await screen.findByLabelText("Link to this page");
    router.go("/why/01K?user=bob");
    expect((await screen.findByRole("alert")).textContent).toContain("Not found.");
    expect(calls.at(-1)!.path).toBe("/acme/chat/push/trace/01K");
    expect((sent().getByLabelText("Receiver") as HTMLInputElement).value).toBe("bob");
  });

  it("asks for what was typed once, and puts it into the address", async () => {
    const calls = stubApi(answer);
    render(Why);
    await type(sent(), "Message id", "01J");
    await type(sent(), "Receiver", "ann");
    await fireEvent.submit(form("A message that was sent"));
    await screen.findByLabelText("Link to this page");
    expect(router.path).toBe("/why/01J?user=ann&org=acme&app=chat");
    expect(calls).toHaveLength(1);
  });

  it("leaves no answer under another question, and says whose the answer is", async () => {
    const { open, passed } = gate();
    stubApi((call) => (call.path.endsWith("/01K") ? passed.then(() => ({ body: { data: trace } })) : answer(call)));
    router.go("/why/01J?user=ann");
    const { container } = render(Why);
    expect(await screen.findByRole("heading", { name: "Message 01J to ann" })).toBeTruthy();
    router.go("/why/01K?user=bob");
    await vi.waitFor(() => expect(screen.queryByText("This rule decided.")).toBeNull());
    expect(await screen.findByRole("progressbar", { name: "Loading" })).toBeTruthy();
    expect(container.querySelector("[aria-live] [role=status]")!.textContent).toContain("Loading");
    open();
    expect(await screen.findByRole("heading", { name: "Message 01K to bob" })).toBeTruthy();
    expect(screen.queryByRole("progressbar")).toBeNull();
  });

  it("refreshes what is shown, whatever stands in the form now", async () => {
    const calls = stubApi(answer);
    router.go("/why/01J?user=ann");
    render(Why);
    await screen.findByText("This rule decided.");
    await type(sent(), "Message id", "01X");
    await type(sent(), "Receiver", "bob");
    await fireEvent.click(screen.getByRole("button", { name: "Refresh" }));
    await vi.waitFor(() => expect(calls).toHaveLength(2));
    expect(calls[1]).toMatchObject({ path: "/acme/chat/push/trace/01J" });
    expect(calls[1]!.query.get("user")).toBe("ann");
    expect(await screen.findByRole("heading", { name: "Message 01J to ann" })).toBeTruthy();
  });

  it("names the receiver that was asked about, not the one that is typed while the answer is on its way", async () => {
    const { open, passed } = gate();
    stubApi((call) => passed.then(() => answer(call)));
    render(Why);
    await type(tried(), "Receiver", "ann");
    await type(tried(), "body.msg", "Lunch?");
    await fireEvent.submit(form("A message to try. Nothing is sent."));
    await type(tried(), "Receiver", "bob");
    open();
    expect(await screen.findByRole("heading", { name: "A message to try, from admin to ann" })).toBeTruthy();
  });

  it("keeps what was typed when the call fails, and tries it again", async () => {
    let down = true;
    const calls = stubApi((call) => (down ? "unreachable" : answer(call)));
    render(Why);
    await type(tried(), "Receiver", "ann");
    await type(tried(), "body.msg", "Lunch?");
    await type(tried(), "ext.em_at_list", "ann");
    await fireEvent.submit(form("A message to try. Nothing is sent."));
    const failure = await screen.findByRole("alert");
    expect(failure.textContent).toContain("What you typed is still here.");
    expect((tried().getByLabelText("body.msg") as HTMLInputElement).value).toBe("Lunch?");
    down = false;
    await fireEvent.click(within(failure).getByRole("button", { name: "Try again" }));
    await screen.findByText("This rule decided.");
    expect(calls.at(-1)!.body).toEqual({ from: "admin", type: "txt", body: { msg: "Lunch?" }, ext: { em_at_list: ["ann"] }, to: ["ann"] });
  });

  it("says of a message that was sent what was decided, and of one to try what would be", async () => {
    const push = { verdict: "push", rules: [], devices: [] };
    stubApi(({ method }) => ({ body: { data: method === "GET" ? { ...trace, ...push } : push } }));
    router.go("/why/01J?user=ann");
    render(Why);
    expect(await screen.findByText("decided to push")).toBeTruthy();
    await type(tried(), "Receiver", "ann");
    await type(tried(), "body.msg", "Lunch?");
    await fireEvent.submit(form("A message to try. Nothing is sent."));
    expect(await screen.findByText("would be pushed")).toBeTruthy();
  });

  describe("the requests to the vendors of a message that was sent", () => {
    const device = (device_id: string, more = {}) => ({ device_id, notifier_name: "cert", verdict: "push", attempts: [], receipts: [], ...more });
    const plain = { ...trace, verdict: "push", devices: [device("phone"), device("tablet"), { ...device("old"), verdict: "skip" }] };
    const REQUEST = "Request to the vendor, as it would be written now";
    const open = (summary: HTMLElement) => {
      const details = summary.closest("details")!;
      details.open = true;
      return details;
    };

    async function show(rebuilt: Answer): Promise<Call[]> {
      const calls = stubApi(({ query }) => (query.has("request") ? rebuilt : { body: { data: plain } }));
      router.go("/why/01J?user=ann");
      render(Why);
      await screen.findByLabelText("Link to this page");
      return calls;
    }

    it("are asked for once, when one is opened, and say why one cannot be told", async () => {
      const devices = [
        device("tablet", { request_left_out: "template_changed" }),
        device("phone", { notification: { title: 4, content: "hi" }, vendor_request: { message: { android: 1 } } }),
      ];
      const calls = await show({ body: { data: { ...plain, devices, rebuilt: { assumes: ["language"] } } } });
      expect(calls).toHaveLength(1);
      const [phone, tablet, ...more] = screen.getAllByText(REQUEST);
      expect(more).toEqual([]);
      const shown = open(phone!);
      await vi.waitFor(() => expect(shown.querySelector("pre")?.textContent).toContain("android"));
      expect(shown.textContent).toContain("4 characters");
      expect(shown.textContent).toContain("Also taken from the present settings: language");
      const left = open(tablet!);
      await vi.waitFor(() => expect(left.textContent).toContain("The template was deleted, or changed around or after the time of the message."));
      expect(calls.slice(1).map(({ query }) => query.toString())).toEqual(["user=ann&request=true"]);
    });

    it("are not missed where the API rebuilds none", async () => {
      await show({ body: { data: plain } });
      const shown = open(screen.getAllByText(REQUEST)[0]!);
      await vi.waitFor(() => expect(shown.textContent).toContain("This Curlew does not rebuild requests yet."));
    });

    it("are asked for again after a failure", async () => {
      const calls = await show("unreachable");
      const shown = open(screen.getAllByText(REQUEST)[0]!);
      await fireEvent.click(await within(shown).findByRole("button", { name: "Try again" }));
      await vi.waitFor(() => expect(calls.filter(({ query }) => query.has("request"))).toHaveLength(2));
    });
  });

  it("tries a message as a member of a group gets it", async () => {
    const calls = stubApi(answer);
    render(Why);
    await fireEvent.click(tried().getByLabelText("to a member of a group"));
    await type(tried(), "Group", "g1");
    await type(tried(), "Receiver", "ann");
    await type(tried(), "body.msg", "Lunch?");
    await fireEvent.submit(form("A message to try. Nothing is sent."));
    await vi.waitFor(() => expect(calls.at(-1)?.body).toMatchObject({ to: ["g1"], receiver: "ann" }));
    await fireEvent.click(tried().getByLabelText("to one user"));
    await fireEvent.submit(form("A message to try. Nothing is sent."));
    await vi.waitFor(() => expect(calls.at(-1)?.body).toMatchObject({ to: ["ann"] }));
    expect(calls.at(-1)!.body).not.toHaveProperty("receiver");
  });

  it("says which text is no JSON, without a call", async () => {
    const calls = stubApi(answer);
    render(Why);
    await fireEvent.change(tried().getByLabelText("Type"), { target: { value: "custom" } });
    await type(tried(), "Receiver", "ann");
    await type(tried(), "body.customEvent", "gift");
    await type(tried(), "body.customExts", "[1]");
    await fireEvent.submit(form("A message to try. Nothing is sent."));
    expect((await screen.findByRole("alert")).textContent).toContain("customExts must be a JSON object");
    expect(calls).toHaveLength(0);
  });
});
