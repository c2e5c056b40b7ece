import { afterEach, describe, expect, it } from "vitest";

import { language } from "../i18n/index.svelte";
import { clockTime, duration, time } from "./format";

const SECOND = 1_000;
const HOUR = 3_600 * SECOND;

describe("a time", () => {
  afterEach(() => language.choose("en"));

  it("names its zone", () => {
    expect(time(1_767_225_600_000, "UTC")).toBe("1 Jan 2026, 00:00:00 UTC");
    expect(time(1_767_225_600_000, "Asia/Shanghai")).toContain("08:00:00 GMT+8");
    language.choose("zh");
    expect(time(1_767_225_600_000, "Asia/Shanghai")).toMatch(/GMT\+8.*08:00:00/);
  });

  it("of the day names it too", () => {
    const zone = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short" }).formatToParts(0).find(({ type }) => type === "timeZoneName")!.value;
    expect(clockTime(0)).toContain(zone);
  });
});

describe("a duration", () => {
  afterEach(() => language.choose("en"));

  it.each([
    [0, "0 ms"],
    [340, "340 ms"],
    [1_240, "1.2 secs"],
    [59_960, "1 min"],
    [200 * SECOND, "3 mins 20 secs"],
    [2 * HOUR + 61 * SECOND, "2 hrs 1 min"],
    [24 * HOUR, "1 day"],
    [25 * HOUR + 59 * SECOND, "1 day 1 hr"],
  ])("of %d ms is %s", (millis, text) => {
    language.choose("en");
    expect(duration(millis)).toBe(text);
  });

  it("is told in the reader's language", () => {
    language.choose("zh");
    expect(duration(200 * SECOND).replaceAll(" ", "")).toBe("3分钟20秒");
  });
});
