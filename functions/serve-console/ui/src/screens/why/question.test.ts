import { describe, expect, it } from "vitest";

import { bodyOf, empty } from "./question";

describe("a message to try", () => {
  it("goes to one user, with nothing that was left empty", () => {
    expect(bodyOf({ ...empty(), receiver: " ann ", texts: { msg: "hi" } })).toEqual({ from: "admin", type: "txt", body: { msg: "hi" }, to: ["ann"] });
  });

  it("goes to a member of a group", () => {
    const body = bodyOf({ ...empty(), receiver: "ann", group: "g1", texts: { msg: "hi" } });
    expect(body).toMatchObject({ to: ["g1"], receiver: "ann" });
  });

  it("steers the push by its ext fields", () => {
    const steered = { title: "T", content: "C", pushClass: "call" as const, mentioned: "ann, bob", ignore: true, force: true, onlineOnly: true };
    expect(bodyOf({ ...empty(), receiver: "ann", texts: { msg: "hi" }, ...steered })).toMatchObject({
      routetype: "ROUTE_ONLINE",
      ext: {
        em_push_ext: { title: "T", content: "C" },
        em_push_class: "call",
        em_at_list: ["ann", "bob"],
        em_ignore_notification: true,
        em_force_notification: true,
      },
    });
    expect(bodyOf({ ...empty(), mentioned: "all" })).toMatchObject({ ext: { em_at_list: "all" } });
  });

  it("has the body of its type, and none of another type's fields", () => {
    const texts = { msg: "hi", lat: "1.5", lng: "2", customEvent: "gift", customExts: '{"a":1}' };
    expect(bodyOf({ ...empty(), type: "loc", texts }).body).toEqual({ lat: "1.5", lng: "2" });
    expect(bodyOf({ ...empty(), type: "custom", texts }).body).toEqual({ customEvent: "gift", customExts: { a: 1 } });
  });

  it("is refused while a text is no JSON object", () => {
    for (const customExts of ["{a", "[1]", "7"]) {
      expect(() => bodyOf({ ...empty(), type: "custom", texts: { customEvent: "x", customExts } })).toThrow(SyntaxError);
    }
  });
});
