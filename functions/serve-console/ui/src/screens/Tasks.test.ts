import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { router } from "../lib/router.svelte";
import { session } from "../lib/session.svelte";
import { gate, stubApi, type Answer, type Call } from "../test/api";
import { moves, type Task } from "./tasks/task";
import Tasks from "./Tasks.svelte";

const HOSTILE = "<img src=x onerror=alert(1)>";
const ID = "01M8679BV477PVTKS0EHTQE000";
const ONE = `/acme/chat/push/task/${ID}`;
const AT = Date.UTC(2026, 10, 30, 12);

let task: Task | null;
let calls: Call[];

const gone: Answer = { status: 404, body: { error: "organization_application_not_found", error_description: "no app acme#chat" } };

function answer({ method, path, body, query }: Call): Answer | undefined {
  if (!task) {
    return gone;
  }
  switch (`${method} ${path}`) {
    case "GET /acme/chat/push/task": {
      const { accepted, refused, delivered, clicked, ...listed } = task;
      return query.has("cursor") ? { body: { data: [{ ...listed, taskId: "OLD", title: "Old", label: undefined, total: 9, done: 9 }] } } : { body: { data: [listed], cursor: "next" } };
    }
    case `GET ${ONE}`:
      return { body: { data: task } };
    case `PUT ${ONE}`:
      task = { ...task, ...(body as Pick<Task, "state">) };
      return { body: { data: task } };
    default:
      return undefined;
  }
}

async function open(path: "/tasks" | `/tasks/${string}`, how: (call: Call) => ReturnType<typeof answer> | Promise<Answer | undefined> = answer) {
  calls = stubApi(how);
  router.go(path);
  const shown = render(Tasks);
  await vi.advanceTimersByTimeAsync(0);
  return shown;
}

const looks = () => calls.filter(({ method, path }) => method === "GET" && path === ONE).length;
const puts = () => calls.filter(({ method }) => method === "PUT").map(({ body }) => body);
const wait = (millis: number) => vi.advanceTimersByTimeAsync(millis);
const fact = (name: string) => screen.getByText(name).nextElementSibling!.textContent.trim();
const button = (name: string) => screen.queryByRole("button", { name });

async function press(name: string) {
  await fireEvent.click(screen.getByRole("button", { name }));
  await wait(0);
}

beforeEach(() => {
  vi.useFakeTimers({ now: AT });
  session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false);
  task = {
    taskId: ID, state: "running", label: "vip", title: HOSTILE, strategy: 2, createdAt: AT - 60_000, startsAt: AT - 50_000, total: null, done: 1200,
    accepted: 1500, refused: { "no push binding": 3, "quota used up": 40 }, delivered: null, clicked: 7,
  };
});
afterEach(() => void vi.useRealTimers());

describe("tasks", () => {
  it("are listed by pages with state, receivers and users done, and hostile titles as text", async () => {
    const { container } = await open("/tasks");
    const row = screen.getByRole("link", { name: HOSTILE }).closest("tr")!;
    expect(screen.getByRole("link", { name: HOSTILE }).getAttribute("href")).toBe(`#/tasks/${ID}`);
    expect(within(row).getByRole("link", { name: "vip" }).getAttribute("href")).toBe("#/labels/vip");
    expect(row.textContent).toContain("running");
    expect(within(row).getAllByRole("cell").at(-1)!.textContent).toBe("1,200");
    await press("Show more");
    const old = screen.getByRole("link", { name: "Old" }).closest("tr")!;
    expect(old.textContent).toContain("everyone");
    expect(within(old).getAllByRole("cell").at(-1)!.textContent).toBe("9 of 9");
    expect(container.querySelector("img")).toBeNull();
  });
});

describe("a task", () => {
  it("is told with its counts: by reason, the most frequent first, and without a number where nobody reports", async () => {
    await open(`/tasks/${ID}`);
    expect(screen.getByText("Users so far: 1,200. How many there are is known at the end.")).toBeTruthy();
    expect([fact("Accepted"), fact("Delivered"), fact("Clicked"), fact("Not sent or not accepted")]).toEqual(["1,500", "not reported", "7", "43"]);
    expect(screen.getAllByRole("rowheader").map((cell) => cell.querySelector("code")!.textContent)).toEqual(["quota used up", "no push binding"]);
    expect(screen.getByRole("progressbar", { name: "Progress of the task" }).hasAttribute("value")).toBe(false);
  });

  it("that runs is looked at again at growing distances, and not once it is done", async () => {
    await open(`/tasks/${ID}`);
    await wait(120_000);
    const count = looks();
    expect(count).toBeGreaterThan(10);
    expect(count).toBeLessThan(25);
    task = { ...task!, state: "done", total: 2000, done: 2000, endedAt: AT };
    await wait(10_000);
    expect(screen.getByText("The task came to 2,000 of 2,000 users.")).toBeTruthy();
    expect(screen.getByRole<HTMLProgressElement>("progressbar").value).toBe(2000);
    const ended = looks();
    await wait(600_000);
    expect(looks()).toBe(ended);
    expect([button("Pause"), button("Cancel the task")]).toEqual([null, null]);
  });

  it("is looked at for an hour, and then on request", async () => {
    await open(`/tasks/${ID}`);
    await wait(2 * 3_600_000);
    const count = looks();
    expect(screen.getByText("The page does not look again by itself any more.")).toBeTruthy();
    await wait(3_600_000);
    expect(looks()).toBe(count);
    await press("Refresh");
    expect(looks()).toBe(count + 1);
  }, 30_000);

  it("is looked at no more once the screen is left", async () => {
    const { unmount } = await open(`/tasks/${ID}`);
    unmount();
    const count = looks();
    await wait(600_000);
    expect(looks()).toBe(count);
  });

  it("is paused and goes on, and each press is one call", async () => {
    const { open: letGo, passed } = gate();
    await open(`/tasks/${ID}`, (call) => (call.method === "PUT" ? passed.then(() => answer(call)) : answer(call)));
    await press("Pause");
    await press("Pause");
    letGo();
    await wait(0);
    expect(puts()).toEqual([{ state: "paused" }]);
    expect(screen.getByText("paused")).toBeTruthy();
    await press("Go on");
    expect(puts()).toEqual([{ state: "paused" }, { state: "running" }]);
    expect(screen.getByText("running")).toBeTruthy();
  });

  it("that could not be paused says so, and shows how it stands", async () => {
    await open(`/tasks/${ID}`, (call) => (call.method === "PUT" ? { status: 503, body: { error: "service_unavailable", error_description: "busy" } } : answer(call)));
    await press("Pause");
    expect(screen.getByText(/The pause was not confirmed/)).toBeTruthy();
    expect(screen.getByRole("alert").textContent).toContain("busy");
    expect(screen.getByText("running")).toBeTruthy();
    expect(screen.getByRole<HTMLButtonElement>("button", { name: "Pause" }).disabled).toBe(false);
  });

  it("that was paused although the answer was lost is shown as paused", async () => {
    await open(`/tasks/${ID}`, (call) => {
      const answered = answer(call);
      return call.method === "PUT" ? "unreachable" : answered;
    });
    await press("Pause");
    expect(screen.getByText("paused")).toBeTruthy();
    expect(screen.getByText(/The pause was not confirmed/)).toBeTruthy();
  });

  it("that ended before the pause says so, and offers it no more", async () => {
    await open(`/tasks/${ID}`, (call) => (call.method === "PUT" ? { status: 409, body: { error: "conflict", error_description: "the task has ended" } } : answer(call)));
    task = { ...task!, state: "done", total: 1300, done: 1300 };
    await press("Pause");
    expect(screen.getByRole("alert").textContent).toContain("the task has ended");
    expect(button("Pause")).toBeNull();
    expect(screen.getByText("The task came to 1,300 of 1,300 users.")).toBeTruthy();
  });

  it("paused while a look is under way does not seem to run again", async () => {
    const { open: letGo, passed } = gate();
    let held = false;
    await open(`/tasks/${ID}`, (call) => {
      const answered = answer(call);
      const wait = held && call.method === "GET";
      held = false;
      return wait ? passed.then(() => answered) : answered;
    });
    held = true;
    await wait(1_000);
    await press("Pause");
    letGo();
    await wait(0);
    expect(screen.getByText("paused")).toBeTruthy();
  });

  it("is cancelled once the app's name was typed", async () => {
    await open(`/tasks/${ID}`);
    await press("Cancel the task");
    const dialog = screen.getByRole("dialog");
    expect(dialog.querySelector("bdi")!.textContent).toBe(HOSTILE);
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "chat" } });
    await fireEvent.submit(within(dialog).getByRole("textbox").closest("form")!);
    await wait(0);
    expect(puts()).toEqual([{ state: "cancelled" }]);
    expect(screen.getByText("cancelled")).toBeTruthy();
    expect(button("Cancel the task")).toBeNull();
  });

  it("that vanishes with its app says so, offers nothing more, and is not asked for again", async () => {
    await open(`/tasks/${ID}`);
    task = null;
    await wait(2_000);
    expect(screen.getByRole("alert").textContent).toContain("Not found.");
    expect(screen.getByText(/The task does not exist any more/)).toBeTruthy();
    expect([button("Pause"), button("Cancel the task")]).toEqual([null, null]);
    const count = looks();
    await wait(600_000);
    expect(looks()).toBe(count);
  });

  it("survives an API that is down for a while", async () => {
    let down = false;
    await open(`/tasks/${ID}`, (call) => (down ? "unreachable" : answer(call)));
    down = true;
    await wait(1_500);
    expect(screen.getByRole("alert").textContent).toContain("The API could not be reached.");
    expect(screen.getByText(/Users so far: 1,200/)).toBeTruthy();
    down = false;
    await wait(10_000);
    expect(screen.queryByRole("alert")).toBeNull();
  });
});

it("a task moves while it runs, and shortly before its start", () => {
  const at = (state: Task["state"], startsAt = AT) => moves({ ...task!, state, startsAt }, AT);
  expect([at("running"), at("scheduled", AT + 60_000), at("scheduled", AT + 3_600_000)]).toEqual([true, true, false]);
  expect([at("paused"), at("done"), at("cancelled")]).toEqual([false, false, false]);
});
