import { describe, expect, it } from "vitest";

import { clock, covers, isWholeDay } from "./zone";

describe("a user's clock", () => {
  it("follows daylight-saving time", () => {
    expect(clock(Date.UTC(2026, 0, 10, 12), "Europe/Berlin")).toBe("13:00");
    expect(clock(Date.UTC(2026, 6, 10, 12), "Europe/Berlin")).toBe("14:00");
  });

  it("is not told of a zone that nobody knows", () => {
    expect(clock(0, "Mars/Olympus")).toBeNull();
  });

  it.each([
    ["22:00-07:30", "23:59", true],
    ["22:00-07:30", "07:29", true],
    ["22:00-07:30", "07:30", false],
    ["12:00-13:00", "12:00", true],
    ["12:00-13:00", "13:00", false],
    ["00:00-00:00", "00:00", false],
    ["", "00:00", false],
    ["10:00-10:00", "09:59", true],
    ["00:01-00:01", "00:00", true],
  ])("window %s at %s is silent: %s", (window, time, silent) => {
    expect(covers(window, time)).toBe(silent);
  });

  it("knows the whole day by its equal ends, but midnight to midnight is off", () => {
    expect(["10:00-10:00", "00:01-00:01", "00:00-00:00", "", "09:00-11:00"].map(isWholeDay)).toEqual([true, true, false, false, false]);
  });
});
