import { readFileSync } from "node:fs";
import { join } from "node:path";

import { describe, expect, it } from "vitest";

import { forms } from "../vendors";
import { language } from "./index.svelte";
import { saidOfError, saidOfHealth, saidOfWarning } from "./said";

const SHARED = join(__dirname, "../../../../../shared/src");

/** Field and text of each finding in the sources of the API, of the vendors that have a form. */
function findings(): { field: string; message: string }[] {
  return Object.keys(forms).flatMap((vendor) => {
    const source = readFileSync(join(SHARED, "../vendors/src", vendor, "category.rs"), "utf8").replace(/\/\/.*$/gm, "");
    const rule = /let rule =\s+"([^"]+)"/.exec(source)?.[1] ?? "";
    const made = source.matchAll(/Invalid::new\(\s*(?:format!\(\s*)?"([^"]+)"(?:,?[^,]*\))?,\s*(?:"([^"]+)"|rule)/g);
    return [...made].map(([, field = "", text]) => ({ field: field.replace(/\{.*\}/, "im"), message: `${field} ${text ?? rule}` }));
  });
}

describe("what the API says", () => {
  it("is told in Chinese of every finding of a vendor that has a form", () => {
    language.choose("zh");
    const found = findings();
    expect(found.length).toBeGreaterThanOrEqual(15);
    const told = found.map((one) => saidOfWarning({ kind: "preflight", classes: ["im"], ...one }));
    expect(found.filter((_, index) => told[index] === null)).toEqual([]);
    expect(new Set(told).size).toBe(found.length);
  });

  it("is told in Chinese of every kind of warning", () => {
    language.choose("zh");
    const source = readFileSync(join(SHARED, "domain/warning.rs"), "utf8");
    const kinds = [...source.matchAll(/WarningKind::(\w+),/g)].map(([, kind = ""]) => kind.toLowerCase());
    expect(kinds.length).toBeGreaterThanOrEqual(4);
    for (const kind of kinds) {
      expect(saidOfWarning({ kind: kind as "quota", classes: [], field: "x", message: "" }), kind).not.toBeNull();
    }
    expect(saidOfWarning({ kind: "expires", classes: [], field: "expires_at", message: "", level: 0 })).toContain("已到期");
    expect(saidOfWarning({ kind: "expires", classes: [], field: "expires_at", message: "", level: 7 })).toContain("即将到期");
  });

  it("is told in Chinese of why a certificate was disabled", () => {
    language.choose("zh");
    expect(saidOfHealth("the vendor refuses the credential: 80200001")).toBe("厂商拒绝该凭证，返回码 80200001");
    const sources = ["notifiers.rs"].map((file) => readFileSync(join(SHARED, "../../functions/push-vendor/src", file), "utf8"));
    expect(sources.join("")).toContain('"the vendor refuses the credential: {code}"');
  });

  it("stays as it is in English, and where the page does not know it", () => {
    expect([saidOfError("conflict"), saidOfHealth("the vendor refuses the credential: 1")]).toEqual([null, null]);
    language.choose("zh");
    expect(saidOfError("conflict")).toContain("名称已存在");
    for (const unknown of [saidOfError("toString"), saidOfError("new"), saidOfHealth("by hand"), saidOfWarning({ kind: "new" as "quota", classes: [], field: "x", message: "y" }), saidOfWarning({ kind: "preflight", classes: [], field: "new", message: "y" })]) {
      expect(unknown).toBeNull();
    }
  });
});
