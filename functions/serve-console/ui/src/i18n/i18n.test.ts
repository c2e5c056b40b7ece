import { describe, expect, it } from "vitest";

import { en } from "./en";
import { language, t, type Key } from "./index.svelte";
import { zh } from "./zh";

const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

describe("texts", () => {
  it.each(Object.keys(en) as Key[])("%s is translated and keeps its places", (key) => {
    expect(zh[key].trim()).not.toBe("");
    expect(places(zh[key])).toEqual(places(en[key]));
  });

  it("that are not there are the word itself", () => {
    expect(t("outcome.recalled" as Key)).toBe("recalled");
    expect(t("state.constructor" as Key)).toBe("constructor");
  });

  it("are filled in the language that was chosen", () => {
    language.choose("zh");
    expect(t("confirm.type", { name: "acme" })).toBe("请输入 acme 以确认");
    language.choose("en");
    expect(t("confirm.type", { name: "acme" })).toBe("Type acme to confirm");
  });
});
