import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { stubApi, type Answer, type Call } from "../test/api";
import TestPush from "./TestPush.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const TRACE = "GET /acme/chat/push/trace/01J";
const device = (attempts: object[]) => ({ device_id: "phone", notifier_name: "cert", verdict: "push", attempts, receipts: [] });
const success = { at: 2_000, outcome: "success", attempt: 1 };

/** What each look at the trace finds; the last one stays. */
let looks: Answer[];
let calls: Call[];

function answer({ method, path }: Call): Answer | undefined {
  switch (`${method} ${path}`) {
    case "GET /acme/chat/notifiers":
      return { body: { data: [{ name: "cert", vendor: "huawei" }], count: 1 } };
    case "POST /acme/chat/notifiers/cert/test":
      return {
        body: {
          data: {
            status: "fail", detail: "80300007", vendor: { msg: HOSTILE },
            warnings: [{ kind: "preflight", classes: ["call"], field: "credential.x", message: "is missing" }],
          },
        },
      };
    case "POST /acme/chat/messages/users":
      return { body: { data: { ann: "01J" } } };
    case TRACE:
      return looks.length > 1 ? looks.shift() : looks[0];
    default:
      return undefined;
  }
}

const trace = (verdict: string, devices: object[]): Answer => ({
  body: { data: { verdict, rules: [], devices, msg_id: "01J", user: "ann", accepted_at: 1_000, expires_at: 9_000 } },
});
const traced = () => calls.filter(({ method, path }) => `${method} ${path}` === TRACE).length;
const byUser = () => screen.getByRole("heading", { name: "To a user" }).closest("form")!;

async function send() {
  await fireEvent.input(within(byUser()).getByLabelText("Receiver"), { target: { value: "ann" } });
  await fireEvent.input(within(byUser()).getByLabelText("Text"), { target: { value: "hi" } });
  await fireEvent.submit(byUser());
  await vi.advanceTimersByTimeAsync(0);
}

beforeEach(() => {
  vi.useFakeTimers();
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
  looks = [{ status: 404 }];
  calls = stubApi(answer);
});
afterEach(() => void vi.useRealTimers());

describe("a message to a user", () => {
  it("is followed until every push has ended", async () => {
    looks = [{ status: 404 }, trace("pending", []), trace("push", [device([])]), trace("push", [device([success])])];
    render(TestPush);
    await send();
    expect(within(byUser()).getByText("Following the trace.")).toBeTruthy();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(traced()).toBe(4);
    expect(screen.getByText("The vendor accepted every push. Receipts may still come.").className).toContain("good");
    expect(screen.getByText("Attempt 1: accepted by the vendor")).toBeTruthy();
    expect(screen.getByRole("link", { name: "This message under Why?" }).getAttribute("href")).toBe("#/why/01J?user=ann");
  });

  it.each([
    ["was suppressed", trace("skip", []), "Nothing is pushed. The decision below says why.", "plain"],
    ["was refused", trace("push", [device([success]), device([{ ...success, outcome: "fail" }])]), "Not every push was accepted by its vendor. The devices below say why.", "bad"],
  ])("is not called a success when it %s", async (_, look, text, kind) => {
    looks = [look];
    render(TestPush);
    await send();
    expect(screen.getByText(text).className).toContain(kind);
    expect(document.querySelector(".notice.good")).toBeNull();
  });

  it("is followed no longer than two minutes, which is said", async () => {
    looks = [trace("push", [device([])])];
    render(TestPush);
    await send();
    await vi.advanceTimersByTimeAsync(600_000);
    const count = traced();
    expect(count).toBeLessThan(25);
    expect(screen.getByText(/After two minutes a push has no result/)).toBeTruthy();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(traced()).toBe(count);
  });

  it("is followed no more once that is stopped", async () => {
    render(TestPush);
    await send();
    await fireEvent.click(within(byUser()).getByRole("button", { name: "Stop following" }));
    const count = traced();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(traced()).toBe(count);
    expect(screen.getByText("Stopped following. The message is processed all the same.")).toBeTruthy();
  });

  it("is followed no more once the screen is left", async () => {
    const { unmount } = render(TestPush);
    await send();
    unmount();
    const count = traced();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(traced()).toBe(count);
  });

  it("keeps what was typed when it cannot be sent", async () => {
    calls = stubApi((call) => (call.path.endsWith("/messages/users") ? "unreachable" : answer(call)));
    render(TestPush);
    await send();
    expect(within(byUser()).getByRole("alert").textContent).toContain("The API could not be reached.");
    expect((within(byUser()).getByLabelText("Text") as HTMLInputElement).value).toBe("hi");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(traced()).toBe(0);
  });
});

describe("a push to a token", () => {
  it("goes through the certificate that a link named", async () => {
    router.go("/test?certificate=cert");
    render(TestPush);
    await vi.advanceTimersByTimeAsync(0);
    expect((screen.getByLabelText("Certificate") as HTMLSelectElement).value).toBe("cert");
  });

  it("shows the vendor's raw answer as text, and the warnings", async () => {
    const { container } = render(TestPush);
    await vi.advanceTimersByTimeAsync(0);
    await fireEvent.change(screen.getByLabelText("Certificate"), { target: { value: "cert" } });
    await fireEvent.input(screen.getByLabelText("Device token"), { target: { value: " token-1 " } });
    await fireEvent.submit(screen.getByLabelText("Device token").closest("form")!);
    await vi.advanceTimersByTimeAsync(0);
    expect(calls.at(-1)!.body).toEqual({ device_token: "token-1", title: "Curlew", content: "Test push", class: "im" });
    expect(screen.getByRole("alert").textContent).toContain("80300007");
    expect(screen.getByText("Will not be shown as meant")).toBeTruthy();
    expect(container.querySelector("pre")!.textContent).toContain(HOSTILE);
    expect(container.querySelector("img")).toBeNull();
  });
});
