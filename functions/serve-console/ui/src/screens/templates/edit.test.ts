import { fireEvent, render, screen } from "@testing-library/svelte";
import { beforeEach, expect, it, vi } from "vitest";

import { session } from "../../lib/session.svelte";
import { stubApi } from "../../test/api";
import Templates from "../Templates.svelte";

const templates = Array.from({ length: 51 }, (_, index) => ({ name: `t${index}`, title_pattern: `title ${index}`, content_pattern: "{$msg}" }));

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false));

it("a template far down is edited in the form, which gets the focus, and is said to be saved", async () => {
  const calls = stubApi(({ method, path }) => {
    if (path.endsWith("/push/settings")) {
      return { body: { advanced_push: true } };
    }
    return { body: method === "GET" ? { data: templates, count: 51 } : { data: {} } };
  });
  render(Templates);
  const row = (await screen.findByText("title 50")).closest("tr")!;
  const button = row.querySelector("button")!;
  button.focus();
  await fireEvent.click(button);
  const title = screen.getByLabelText<HTMLInputElement>("Title");
  await vi.waitFor(() => expect(document.activeElement).toBe(title));
  expect(title.value).toBe("title 50");
  await fireEvent.input(title, { target: { value: "new" } });
  await fireEvent.submit(title.closest("form")!);
  expect(await screen.findByText("The template t50 is saved.")).toBeTruthy();
  expect(calls.find(({ method }) => method === "PUT")).toMatchObject({ path: "/acme/chat/notification/template/t50", body: { title_pattern: "new" } });
  await fireEvent.click(button);
  expect(screen.queryByText("The template t50 is saved.")).toBeNull();
});
