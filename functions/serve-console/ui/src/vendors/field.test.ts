import { describe, expect, it } from "vitest";

import { commonOptions, plainForm, recordOf, textsOf, type RecordField } from "./field";
import { formOf, optionsOf, vendors } from "./index";

describe("a record", () => {
  const fields: RecordField[] = [
    { name: "id", kind: "text" },
    { name: "on", kind: "flag" },
    { name: "level", kind: "choice", choices: [1, 2, 16] },
    { name: "hours", kind: "number", min: 0, max: 23 },
    { name: "channels", kind: "json" },
  ];

  it("has the types that the API takes, and nothing that was left empty", () => {
    const texts = { id: " 104410638 ", on: "false", level: "16", hours: "", channels: '{"im":"1"}' };
    expect(recordOf(fields, texts)).toEqual({ id: "104410638", on: false, level: 16, channels: { im: "1" } });
  });

  it("comes back as it was shown", () => {
    const record = { id: "a", on: true, level: 2, channels: { im: "1" } };
    expect(recordOf(fields, textsOf(fields, record))).toEqual(record);
  });

  it("is refused while a text is no JSON", () => {
    expect(() => recordOf(fields, { channels: "{im" })).toThrow(SyntaxError);
  });
});

describe("the plain form", () => {
  const { credential, options } = plainForm("new");

  it("takes any credential as a JSON object", () => {
    expect(recordOf(credential, { credential: '{"key":"k","ports":[1]}' })).toEqual({ key: "k", ports: [1] });
    for (const wrong of ["{", "7", "null", '["key"]']) {
      expect(() => recordOf(credential, { credential: wrong }), wrong).toThrow(SyntaxError);
    }
  });

  it("holds the options that have no field of their own, and gives all back", () => {
    const fields = [...options, ...commonOptions];
    const record = { color: "red", badge: { on: true }, tokens_per_second: 5 };
    const texts = textsOf(fields, record);
    expect(texts).toEqual({ options: '{"color":"red","badge":{"on":true}}', tokens_per_second: "5" });
    expect(recordOf(fields, texts)).toEqual(record);
    expect(textsOf(fields, { collapse: "message" })).toEqual({ collapse: "message" });
  });
});

describe("forms", () => {
  it.each(vendors)("%s names each field once", (vendor) => {
    for (const fields of [formOf(vendor).credential, optionsOf(vendor)]) {
      const names = fields.map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });
});
