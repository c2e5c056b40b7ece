import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { language } from "../i18n/index.svelte";
import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import { forms } from "../vendors";
import Certificates from "./Certificates.svelte";
import { dateText } from "./certificates/date";

const HOSTILE = "<img src=x onerror=alert(1)>";
const SECRET = "-----BEGIN PRIVATE KEY-----";
const CERT = "/acme/chat/notifiers/cert";
const classes = ["im", "mention", "call", "system", "marketing"];
const ends = (days_left: number, level: number) => ({ kind: "expires", classes, field: "expires_at", message: "expires_at is near", days_left, level });

let notifier: Record<string, unknown>;

function answer({ method, path }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /acme/chat/notifiers":
      return { body: { data: [notifier], count: 1 } };
    case `GET ${CERT}`:
    case `PUT ${CERT}`:
    case "POST /acme/chat/notifiers":
      return { body: notifier };
    case `DELETE ${CERT}`:
      return { body: { data: { name: "cert", deleted: true } } };
    default:
      return undefined;
  }
}

beforeEach(() => {
  notifier = {
    name: "cert", vendor: "honor", state: "enabled", options: {}, createdAt: 1, updatedAt: 1, fingerprint: "0123456789abcdef",
    receipt_url: "https://api/push/report/honor/0123", health: { state: "enabled", since: 1_767_225_600_000 }, warnings: [],
  };
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
});

async function open(path: "/certificates" | "/certificates/cert" | "/certificates?new") {
  const calls = stubApi(answer);
  router.go(path);
  const shown = render(Certificates);
  await vi.waitFor(() => expect(shown.container.querySelector("[aria-busy=true]")).toBeNull());
  return { calls, ...shown };
}

const field = (label: string | RegExp) => screen.getByLabelText(label) as HTMLInputElement;
const submit = () => fireEvent.submit(field(/^Credential ends/).closest("form")!);

describe("the end of a credential", () => {
  it.each([
    [30, 29, "Days left: 29"],
    [14, 13, "Days left: 13"],
    [7, 5, "Days left: 5"],
    [1, 0, "Ends within a day"],
    [0, -1, "Ended"],
  ])("within %d days, %d left, is said in the list and on its page: %s", async (level, left, text) => {
    notifier["warnings"] = [ends(left, level)];
    const list = await open("/certificates");
    const badge = await screen.findByText(text, { exact: false });
    expect(badge.closest("[data-level]")!.getAttribute("data-level")).toBe(String(level));
    list.unmount();
    await open("/certificates/cert");
    const warning = (await screen.findByText(text, { exact: false })).closest("[role=status]")!.textContent;
    expect(warning).toContain("The credential ends");
    expect(warning).not.toContain("im, mention");
  });

  it("is sent as the first moment of that day, only when it was changed, and as null when it was taken away", async () => {
    const { calls } = await open("/certificates/cert");
    await submit();
    await vi.waitFor(() => expect(calls.some(({ method }) => method === "PUT")).toBe(true));
    expect(calls.find(({ method }) => method === "PUT")!.body).not.toHaveProperty("expires_at");
    await fireEvent.input(field(/^Credential ends/), { target: { value: "2027-03-01" } });
    await submit();
    await vi.waitFor(() => expect(calls.filter(({ method }) => method === "PUT")[1]?.body).toMatchObject({ expires_at: new Date(2027, 2, 1).getTime() }));
    await fireEvent.input(field(/^Credential ends/), { target: { value: "" } });
    await submit();
    await vi.waitFor(() => expect(calls.filter(({ method }) => method === "PUT")[2]?.body).toMatchObject({ expires_at: null }));
    expect(dateText(new Date(2027, 2, 1).getTime())).toBe("2027-03-01");
  });

  it("is not taken away by a day that is none", async () => {
    const { calls } = await open("/certificates/cert");
    await fireEvent.input(field(/^Credential ends/), { target: { value: "20277-03-01" } });
    expect(field(/^Credential ends/).value).toBe("20277-03-01");
    await submit();
    expect((await screen.findByRole("alert")).textContent).toContain("a day whose year has four digits");
    expect(calls.some(({ method }) => method === "PUT")).toBe(false);
  });
});

describe("certificates", () => {
  it("come by pages, those with warnings first, and are searched by name, vendor, state and warning", async () => {
    const other = { ...notifier, name: "sick", vendor: "oppo", health: { state: "disabled", since: 1 }, warnings: [{ kind: "quota", classes: [], field: "x", message: "y" }] };
    const calls = stubApi(({ query }) => ({ body: query.has("cursor") ? { data: [other], count: 1 } : { data: [notifier], count: 1, cursor: "next" } }));
    router.go("/certificates");
    render(Certificates);
    await fireEvent.click(await screen.findByRole("button", { name: "Show more" }));
    const names = () => screen.getAllByRole("rowheader").map((cell) => cell.textContent);
    await vi.waitFor(() => expect(names()).toEqual(["sick", "cert"]));
    expect(calls.map(({ query }) => query.get("cursor"))).toEqual([null, "next"]);
    for (const [text, found] of [["honor", ["cert"]], ["disabled", ["sick"]], ["quota used", ["sick"]]] as const) {
      await fireEvent.input(screen.getByRole("searchbox"), { target: { value: text } });
      expect(names()).toEqual(found);
    }
  });
});

describe("a certificate", () => {
  it("shows what warns of it, why it is disabled, its quota and its receipt address", async () => {
    Object.assign(notifier, {
      health: {
        state: "disabled", since: 1_767_225_600_000, reason: HOSTILE, last_failure: 1_767_225_600_000,
        quota: { im: { code: "200001", until: Date.now() + 3_600_000 } },
      },
      warnings: [
        { kind: "disabled", classes: [], field: "credential", message: HOSTILE },
        { kind: "preflight", classes: ["call"], field: "credential.channels.call", message: "credential.channels.call is missing" },
        { kind: "preflight", classes: ["im"], field: "credential.channels.call", message: "is missing too" },
        { kind: "brand new", classes: [], field: "x", message: "of a newer API" },
      ],
    });
    const { container } = await open("/certificates/cert");
    expect(await screen.findByText("Disabled by the vendor's refusal")).toBeTruthy();
    expect(screen.getByText("call:").parentElement!.textContent).toContain("credential.channels.call is missing");
    expect(screen.getByText(/of a newer API/)).toBeTruthy();
    expect(container.querySelector("dl")!.textContent).toContain(HOSTILE);
    expect(screen.getByText("200001")).toBeTruthy();
    expect(field("Receipt address").value).toBe("https://api/push/report/honor/0123");
    expect(container.querySelector("img")).toBeNull();
  });

  it.each([
    ["Disable", "Curlew sends no push through this certificate", { state: "disabled" }],
    ["New receipt address", "The present address stops working at once", { rotate_receipt_secret: true }],
  ])("does at %s what cannot be undone once its name was typed", async (name, text, body) => {
    const { calls } = await open("/certificates/cert");
    await fireEvent.click(await screen.findByRole("button", { name }));
    const dialog = await screen.findByRole("dialog");
    expect(dialog.textContent).toContain(text);
    expect(calls.some(({ method }) => method === "PUT")).toBe(false);
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "cert" } });
    await fireEvent.submit(within(dialog).getByRole("button", { name }).closest("form")!);
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "PUT")?.body).toEqual(body));
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
  });

  it("is told of in Chinese, with the API's own words beside it", async () => {
    language.choose("zh");
    Object.assign(notifier, {
      health: { state: "disabled", since: 1, reason: "the vendor refuses the credential: 401" },
      warnings: [{ kind: "preflight", classes: ["im"], field: "options.priority", message: "options.priority is NORMAL" }],
    });
    const { container } = await open("/certificates/cert");
    await screen.findByText("options.priority is NORMAL");
    expect(container.textContent).toContain("options.priority 为 NORMAL：休眠中的手机唤醒后才展示");
    expect(container.querySelector("dl")!.textContent).toContain("厂商拒绝该凭证，返回码 401 the vendor refuses the credential: 401");
  });

  it("is enabled at once", async () => {
    notifier["state"] = "disabled";
    const { calls } = await open("/certificates/cert");
    await fireEvent.click(await screen.findByRole("button", { name: "Enable" }));
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "PUT")?.body).toEqual({ state: "enabled" }));
  });

  it("goes once its name was typed", async () => {
    const { calls } = await open("/certificates/cert");
    await fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    const dialog = await screen.findByRole("dialog");
    const button = within(dialog).getByRole("button", { name: "Delete" }) as HTMLButtonElement;
    expect(button.disabled).toBe(true);
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "cert" } });
    await fireEvent.submit(button.closest("form")!);
    await vi.waitFor(() => expect(calls.some(({ method }) => method === "DELETE")).toBe(true));
  });
});

describe("an answer that comes late", () => {
  it.each([
    ["the screen was left", () => router.go("/quotas")],
    ["another app is shown", () => session.signIn({ org: "acme", app: "shop", bearer: "b", role: "app", expires: null }, false)],
  ])("leads nobody away from a new certificate when %s", async (_, meanwhile) => {
    await open("/certificates?new");
    const { open: let_, passed } = gate();
    const calls = stubApi((call) => (call.method === "POST" ? passed.then(() => answer(call)) : answer(call)));
    await fireEvent.input(field("Name"), { target: { value: "cert" } });
    await submit();
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    meanwhile();
    const { path } = router;
    let_();
    await new Promise((resolve) => setTimeout(resolve));
    await new Promise((resolve) => setTimeout(resolve));
    expect(router.path).toBe(path);
  });

  it("leads nobody away from another app when a certificate is gone", async () => {
    await open("/certificates/cert");
    const { open: let_, passed } = gate();
    const calls = stubApi((call) => (call.method === "DELETE" ? passed.then(() => answer(call)) : answer(call)));
    await fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
    const dialog = await screen.findByRole("dialog");
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "cert" } });
    await fireEvent.submit(within(dialog).getByRole("textbox").closest("form")!);
    await vi.waitFor(() => expect(calls).toHaveLength(1));
    session.signIn({ org: "acme", app: "shop", bearer: "b", role: "app", expires: null }, false);
    let_();
    await vi.waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
    expect(router.path).toBe("/certificates/cert");
  });
});

describe("a new certificate", () => {
  const google = JSON.stringify({ type: "service_account", project_id: "p1", client_email: "a@b", private_key: SECRET });

  it("is filled by a file that is dropped on the form", async () => {
    await open("/certificates?new");
    const file = Object.assign(new File([google], "key.json"), { text: async () => google });
    await fireEvent.drop(field("Name").closest("form")!, { dataTransfer: { files: [file] } });
    expect(await screen.findByText("The fields were filled from the file.")).toBeTruthy();
    expect(field(/^project_id/).value).toBe("p1");
  });

  it("is filled by JSON that is pasted, which is not shown", async () => {
    await open("/certificates?new");
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => google } });
    expect(field(/^project_id/).value).toBe("p1");
    expect(field("Paste the JSON here").value).toBe("");
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => "[1]" } });
    expect(screen.getByText("This file is not a JSON object.")).toBeTruthy();
    expect(field(/^project_id/).value).toBe("p1");
  });

  it("hides a long secret that was filled or typed, until it is replaced", async () => {
    const { container } = await open("/certificates?new");
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => google } });
    expect(field(/^private_key \*/).value).toBe(`Filled, ${SECRET.length} characters`);
    expect([...container.querySelectorAll("textarea")].some(({ value }) => value.includes(SECRET))).toBe(false);
    await fireEvent.click(screen.getByRole("button", { name: "Replace: private_key" }));
    await vi.waitFor(() => expect(document.activeElement).toBe(field(/^private_key \*/)));
    await fireEvent.input(field(/^private_key \*/), { target: { value: "another" } });
    await fireEvent.blur(field(/^private_key \*/));
    expect(field(/^private_key \*/).value).toBe("Filled, 7 characters");
    await fireEvent.change(field("Vendor"), { target: { value: "huawei" } });
    await fireEvent.input(field("receipt"), { target: { value: '{"secret":"s"}' } });
    expect(field("receipt").value).toBe("Filled, 14 characters");
  });

  it("sends nothing of one vendor's credential to another", async () => {
    const { calls } = await open("/certificates?new");
    await fireEvent.input(field("Name"), { target: { value: "cert" } });
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => google } });
    await fireEvent.input(field("channel_id"), { target: { value: "chat" } });
    await fireEvent.change(field("Vendor"), { target: { value: "huawei" } });
    expect(screen.queryByText("The fields were filled from the file.")).toBeNull();
    await submit();
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "POST")!.body).toEqual({ name: "cert", vendor: "huawei", credential: {}, options: {} }));
  });

  it("is not filled by a file that was read after the vendor changed", async () => {
    await open("/certificates?new");
    let read = (_: string) => {};
    const file = Object.assign(new File([google], "key.json"), { text: () => new Promise<string>((resolve) => (read = resolve)) });
    await fireEvent.drop(field("Name").closest("form")!, { dataTransfer: { files: [file] } });
    await fireEvent.change(field("Vendor"), { target: { value: "huawei" } });
    read(google);
    await new Promise((resolve) => setTimeout(resolve));
    expect(field("project_id").value).toBe("");
  });

  it.each([
    ["google-services.json", { project_info: { project_id: "p1" }, client: [] }, /^This is google-services\.json.+Generate new private key/],
    ["another file", { hello: 1 }, "Nothing in this file fits a field of Google FCM. Check the vendor, and which file it is."],
  ])("says what is wrong with %s, and fills nothing", async (_, file, text) => {
    await open("/certificates?new");
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => JSON.stringify(file) } });
    expect(screen.getByRole("alert").textContent).toMatch(text);
    expect(screen.queryByText("The fields were filled from the file.")).toBeNull();
  });

  it("is filled by a keyboard that inserts what it pastes", async () => {
    await open("/certificates?new");
    expect(field("Paste the JSON here").readOnly).toBe(false);
    await fireEvent.input(field("Paste the JSON here"), { target: { value: google } });
    expect(field(/^project_id/).value).toBe("p1");
    expect(field("Paste the JSON here").value).toBe("");
  });

  it("is reached by keyboard: every input takes the focus", async () => {
    const { container } = await open("/certificates?new");
    for (const input of container.querySelectorAll<HTMLElement>("input, select, textarea")) {
      input.focus();
      expect(document.activeElement).toBe(input);
    }
  });

  it("keeps what was typed when the API refuses it, and says which field", async () => {
    const calls = stubApi(() => ({ status: 400, body: { error_description: "expires_at must be after 0" } }));
    router.go("/certificates?new");
    render(Certificates);
    await fireEvent.input(field("Name"), { target: { value: "cert" } });
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => google } });
    await fireEvent.input(field(/^Credential ends/), { target: { value: "2027-03-01" } });
    await submit();
    await vi.waitFor(() => expect(field(/^Credential ends/).getAttribute("aria-invalid")).toBe("true"));
    expect(field("Name").value).toBe("cert");
    expect(field(/^project_id/).value).toBe("p1");
    expect(field(/^Credential ends/).value).toBe("2027-03-01");
    expect(calls).toHaveLength(1);
  });

  it("forgets the secret once it is stored", async () => {
    const { container } = await open("/certificates?new");
    await fireEvent.input(field("Name"), { target: { value: "cert" } });
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => google } });
    await submit();
    expect(await screen.findByText("Saved. The preflight has no warnings.")).toBeTruthy();
    const values = [...container.querySelectorAll<HTMLInputElement>("input, textarea")].map(({ value }) => value);
    expect(values.join("")).not.toContain(SECRET);
    expect(container.innerHTML).not.toContain(SECRET);
  });

  it("forgets a secret that replaced another one", async () => {
    const { calls } = await open("/certificates/cert");
    await fireEvent.input(field("client_secret"), { target: { value: SECRET } });
    await submit();
    expect(await screen.findByText("Saved. The preflight has no warnings.")).toBeTruthy();
    expect(calls.find(({ method }) => method === "PUT")!.body).toMatchObject({ credential: { client_secret: SECRET } });
    expect(field("client_secret").value).toBe("");
  });
});

describe("a certificate of a vendor without a form", () => {
  const { meizu } = forms;
  const record = { app_id: "1", app_secret: SECRET };

  beforeEach(() => {
    delete forms.meizu;
  });
  afterEach(() => {
    forms.meizu = meizu!;
  });

  it("is entered as JSON, and hides the credential", async () => {
    const { calls, container } = await open("/certificates?new");
    await fireEvent.change(field("Vendor"), { target: { value: "meizu" } });
    await fireEvent.input(field("Name"), { target: { value: "cert" } });
    await fireEvent.paste(field("Paste the JSON here"), { clipboardData: { files: [], getData: () => JSON.stringify(record) } });
    expect([...container.querySelectorAll("textarea")].some(({ value }) => value.includes(SECRET))).toBe(false);
    await fireEvent.input(field("options"), { target: { value: '{"suspend":false}' } });
    await fireEvent.input(field("tokens_per_second"), { target: { value: "5" } });
    await submit();
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "POST")!.body).toEqual({
      name: "cert", vendor: "meizu", credential: record, options: { suspend: false, tokens_per_second: 5 },
    }));
  });

  it.each([
    ["credential", "credential.app_id is required: 1 to 32 digits"],
    ["options", "options.chanel_id is unknown: an option of meizu must be one of: tokens_per_second"],
    ["tokens_per_second", "options.tokens_per_second must be a number from 1 to 100000"],
  ])("shows the API's refusal beside %s", async (label, said) => {
    stubApi(() => ({ status: 400, body: { error_description: said } }));
    router.go("/certificates?new");
    const { container } = render(Certificates);
    await fireEvent.change(field("Vendor"), { target: { value: "meizu" } });
    await fireEvent.input(field("Name"), { target: { value: "cert" } });
    await fireEvent.input(field(/^credential/), { target: { value: "{}" } });
    await submit();
    await vi.waitFor(() => expect(container.querySelector("[aria-invalid]")).not.toBeNull());
    const invalid = [...container.querySelectorAll("[aria-invalid]")];
    expect(invalid.map(({ id }) => container.querySelector(`label[for="${id}"]`)!.textContent!.replace(" *", ""))).toEqual([label]);
    expect(invalid[0]!.closest(".field")!.textContent).toContain(said);
  });

  it("shows its options for a change", async () => {
    Object.assign(notifier, { vendor: "meizu", options: { suspend: false, collapse: "message" } });
    const { calls } = await open("/certificates/cert");
    expect(field("options").value).toBe('{"suspend":false}');
    await submit();
    await vi.waitFor(() => expect(calls.find(({ method }) => method === "PUT")!.body).toEqual({ options: { suspend: false, collapse: "message" } }));
  });
});
