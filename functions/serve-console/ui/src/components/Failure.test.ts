import { render, screen } from "@testing-library/svelte";
import { beforeEach, describe, expect, it } from "vitest";

import { appApi, ask } from "../api/client";
import { language } from "../i18n/index.svelte";
import { session } from "../lib/session.svelte";
import { stubApi } from "../test/api";
import Failure from "./Failure.svelte";

const API = "the notifier cert exists";

async function fail(error: string): Promise<string> {
  stubApi(() => ({ status: 409, body: { error, error_description: API } }));
  const failure = await ask(appApi.GET("/{org}/{app}/notifiers", { params: { path: { org: "acme", app: "chat" } } })).catch((caught: unknown) => caught);
  render(Failure, { error: failure });
  return screen.getByRole("alert").textContent;
}

beforeEach(() => session.signIn({ org: "acme", app: "chat", bearer: "token", role: "app", expires: null }, false));

describe("why a call failed", () => {
  it("is told in Chinese, with the API's own words beside it", async () => {
    language.choose("zh");
    const text = await fail("conflict");
    expect(text).toContain("名称已存在，或数据同时被修改。请刷新后重试。");
    expect(text).toContain(API);
  });

  it("is told in the API's words where the page does not know the error, and in English", async () => {
    expect((await fail("conflict")).trim()).toBe(`The API refused this. ${API}`);
  });

  it("survives an error that only a newer API knows", async () => {
    language.choose("zh");
    expect(await fail("brand_new")).toContain(API);
  });
});
