import { describe, expect, it } from "vitest";

import { bounded, DAY, lastDays, MAX_DAYS, times } from "./period";

const NOW = Date.parse("2026-03-31T10:00:00Z");

describe("a period", () => {
  it("of seven days ends today", () => {
    expect(lastDays(7, NOW)).toEqual({ first: "2026-03-25", last: "2026-03-31" });
  });

  it("is cut to 31 days by moving the other day", () => {
    const wanted = { first: "2026-01-01", last: "2026-03-31" };
    expect(bounded(wanted, "first")).toEqual({ first: "2026-01-01", last: "2026-01-31", moved: true });
    expect(bounded(wanted, "last")).toEqual({ first: "2026-03-01", last: "2026-03-31", moved: true });
    expect(bounded({ first: "2026-03-01", last: "2026-03-31" }, "last").moved).toBe(false);
  });

  it("never ends before it begins", () => {
    const wanted = { first: "2026-03-10", last: "2026-03-01" };
    expect(bounded(wanted, "first")).toEqual({ first: "2026-03-10", last: "2026-03-10", moved: true });
    expect(bounded(wanted, "last")).toEqual({ first: "2026-03-01", last: "2026-03-01", moved: true });
  });

  it("is left alone while a day is being typed", () => {
    expect(bounded({ first: "", last: "2026-03-01" }, "first")).toEqual({ first: "", last: "2026-03-01", moved: false });
  });

  it("is asked for in whole days of UTC, at most 31 days long and not beyond now", () => {
    const whole = times({ first: "2026-01-01", last: "2026-01-31" }, NOW);
    expect(whole).toEqual({ from: Date.parse("2026-01-01T00:00:00Z"), to: Date.parse("2026-02-01T00:00:00Z") - 1 });
    expect(whole.to - whole.from).toBeLessThan(MAX_DAYS * DAY);
    expect(times({ first: "2026-03-31", last: "2026-03-31" }, NOW).to).toBe(NOW);
    const midnight = Date.parse("2026-03-31T00:00:00Z");
    expect(times(lastDays(1, midnight), midnight)).toEqual({ from: midnight, to: midnight + 1 });
  });
});
