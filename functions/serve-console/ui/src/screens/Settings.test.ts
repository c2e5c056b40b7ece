import { fireEvent, render, screen, within } from "@testing-library/svelte";
import { beforeEach, describe, expect, it, vi } from "vitest";

import { session } from "../lib/session.svelte";
import { gate, stubApi, type Call } from "../test/api";
import Settings from "./Settings.svelte";

const settings = {
  advanced_push: true, multi_device_policy: "all_offline", time_zone: "UTC", privacy: "content", badge: "increment",
  online_recheck: { enabled: true, seconds: 120 }, large_group_limit: 3000, max_bindings: 16, max_devices: 32,
  presence_lease_seconds: 300, presence_heartbeat_seconds: 100, max_token_seconds: 7_776_000, clear_when_read: false, task_pushes_per_second: 100,
};
let calls: Call[];

async function open() {
  calls = stubApi(() => ({ body: settings }));
  render(Settings);
  await screen.findByLabelText("time_zone");
}
const puts = () => calls.filter(({ method }) => method === "PUT").map(({ body }) => body);
const save = () => fireEvent.submit(screen.getByRole("button", { name: "Save" }).closest("form")!);

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false));

describe("settings", () => {
  it("send only what was changed, so that nothing is switched off by an old page", async () => {
    await open();
    await fireEvent.input(screen.getByLabelText("max_bindings"), { target: { value: "20" } });
    await save();
    await vi.waitFor(() => expect(puts()).toEqual([{ max_bindings: 20 }]));
  });

  it("that the API of another version does not have are left out, and the others are saved", async () => {
    const { task_pushes_per_second, ...fewer } = settings;
    calls = stubApi(() => ({ body: fewer }));
    render(Settings);
    await fireEvent.input(await screen.findByLabelText("max_bindings"), { target: { value: "20" } });
    expect(screen.queryByLabelText("task_pushes_per_second")).toBeNull();
    expect(document.querySelector<HTMLFormElement>("form")!.checkValidity()).toBe(true);
    await save();
    await vi.waitFor(() => expect(puts()).toEqual([{ max_bindings: 20 }]));
  });

  it("that are typed while others are saved stay, and are said to be unsaved", async () => {
    const now: Record<string, unknown> = { ...settings };
    const { open: letGo, passed } = gate();
    calls = stubApi(async ({ method, body }) => {
      if (method === "PUT") {
        Object.assign(now, body, { max_token_seconds: 99 });
        await passed;
      }
      return { body: { ...now } };
    });
    render(Settings);
    const field = (name: string) => screen.getByLabelText<HTMLInputElement>(name);
    await screen.findByLabelText("time_zone");
    await fireEvent.input(field("max_devices"), { target: { value: "20" } });
    await save();
    await fireEvent.input(field("large_group_limit"), { target: { value: "77" } });
    letGo();
    expect(await screen.findByText(/not saved yet/)).toBeTruthy();
    expect([field("max_devices").value, field("large_group_limit").value, field("max_token_seconds").value]).toEqual(["20", "77", "99"]);
    await save();
    await vi.waitFor(() => expect(puts()).toEqual([{ max_devices: 20 }, { large_group_limit: 77 }]));
    expect(await screen.findByText("Saved. It applies everywhere within a minute.")).toBeTruthy();
    expect(screen.queryByText(/not saved yet/)).toBeNull();
  });

  it("that could not be saved stay as they were typed", async () => {
    calls = stubApi(({ method }) => (method === "PUT" ? { status: 503, body: { error_description: "busy" } } : { body: settings }));
    render(Settings);
    await fireEvent.input(await screen.findByLabelText("max_devices"), { target: { value: "20" } });
    await save();
    await screen.findByRole("alert");
    expect(screen.getByLabelText<HTMLInputElement>("max_devices").value).toBe("20");
    await save();
    await vi.waitFor(() => expect(puts()).toEqual([{ max_devices: 20 }, { max_devices: 20 }]));
  });

  it("say what switching advanced push off deletes, and ask for the app's name", async () => {
    await open();
    expect(screen.getByText(/Deletes every template of this app/)).toBeTruthy();
    await fireEvent.click(screen.getByLabelText("advanced_push"));
    await save();
    expect(puts()).toEqual([]);
    const dialog = await screen.findByRole("dialog");
    const button = within(dialog).getByRole("button", { name: "Switch advanced push off" }) as HTMLButtonElement;
    expect(button.disabled).toBe(true);
    await fireEvent.input(within(dialog).getByRole("textbox"), { target: { value: "chat" } });
    await fireEvent.submit(button.closest("form")!);
    await vi.waitFor(() => expect(puts()).toEqual([{ advanced_push: false }]));
  });

  it("show by an example what the chosen policy does", async () => {
    await open();
    const chosen = () => screen.getAllByRole("row").find((row) => row.getAttribute("aria-current") === "true")!.textContent;
    expect(chosen()).toContain("no push: another device is connected");
    await fireEvent.change(screen.getByLabelText("multi_device_policy"), { target: { value: "any_offline" } });
    expect(chosen()).toContain("gets the push");
  });
});
