import { describe, expect, it } from "vitest";

import { empty, readyOf } from "./draft";

describe("an instant push", () => {
  it("without more than a receiver has the defaults of the API", () => {
    expect(readyOf({ ...empty(), user: " ann " })).toEqual({ to: "user", user: "ann", body: { strategy: 2, pushMessage: {} } });
  });

  it("has the blocks of vendors beside the fields of the form", () => {
    const blocks = '{"huawei": {"message": {}}, "config": {"badge": {"addNum": 1}}}';
    const draft = { ...empty(), title: "Notice", content: "Hi", pushClass: "system" as const, template: "t", titleArgs: "a\nb", blocks };
    expect(readyOf(draft).body.pushMessage).toEqual({
      title: "Notice", content: "Hi", class: "system", huawei: { message: {} }, config: { badge: { addNum: 1 } },
      template: { name: "t", title_args: ["a", "b"], content_args: [] },
    });
  });

  it.each(["{", "[]", "1", "null", '{"title": "two titles"}'])("with the blocks %s is not sent", (blocks) => {
    expect(() => readyOf({ ...empty(), blocks })).toThrow(SyntaxError);
  });

  it("to many users names each once", () => {
    expect(readyOf({ ...empty(), audience: "users", users: "ann, bob；ann\n\ncleo" })).toMatchObject({ users: ["ann", "bob", "cleo"] });
  });

  it("to a label or everyone starts when it should, in the form of the API", () => {
    expect(readyOf({ ...empty(), audience: "label", label: "vip", start: "2026-12-01T09:30" })).toMatchObject({ label: "vip", startDate: "2026-12-01 09:30:00" });
    expect(readyOf({ ...empty(), audience: "everyone", start: "2026-12-01T09:30:15" })).toMatchObject({ startDate: "2026-12-01 09:30:15" });
    expect(readyOf({ ...empty(), audience: "everyone" })).not.toHaveProperty("startDate");
    expect(readyOf({ ...empty(), audience: "user", start: "2026-12-01T09:30" })).not.toHaveProperty("startDate");
  });
});
