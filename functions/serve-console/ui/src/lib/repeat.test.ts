import { describe, expect, it } from "vitest";

import { RepeatKey } from "./repeat";

describe("the key of a call", () => {
  it("stays for the same content, so that a call whose answer was lost is not made twice", () => {
    const key = new RepeatKey();
    expect(key.of({ to: "ann", text: "hi" })).toBe(key.of({ to: "ann", text: "hi" }));
    expect(key.of({ to: "ann" })).toMatch(/^[!-~]{8,255}$/);
  });

  it("is another one for other content, and for the same after a success", () => {
    const key = new RepeatKey();
    const first = key.of({ text: "hi" });
    const second = key.of({ text: "ho" });
    key.done();
    const third = key.of({ text: "ho" });
    expect(new Set([first, second, third]).size).toBe(3);
  });
});
