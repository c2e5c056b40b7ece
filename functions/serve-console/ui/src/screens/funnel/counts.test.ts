import { describe, expect, it } from "vitest";

import { buckets, grouped, reported, steps, type Entry } from "./counts";

const entry = (more: Partial<Entry>): Entry => ({ from: 0, decided: 0, suppressed: 0, accepted: 0, refused: 0, delivered: null, clicked: null, ...more });
const HOUR = 3_600_000;

describe("steps of the funnel", () => {
  it("are each a share of the step before", () => {
    const found = steps([entry({ decided: 100, suppressed: 20, accepted: 72, refused: 8, delivered: 54, clicked: 27 })]);
    expect(Object.fromEntries(found.map(({ name, count, share }) => [name, [count, share?.of, share?.base]]))).toEqual({
      decided: [100, undefined, undefined],
      suppressed: [20, 100, "decided"],
      accepted: [72, 80, "pushed"],
      refused: [8, 80, "pushed"],
      delivered: [54, 72, "accepted"],
      clicked: [27, 54, "delivered"],
    });
  });

  it("are not reported where nobody reports, and 0 where the report is 0", () => {
    const of = (entries: Entry[]) => steps(entries).slice(4).map(({ count }) => count);
    expect(of([entry({ accepted: 5 }), entry({ accepted: 6 })])).toEqual([null, null]);
    expect(of([entry({ accepted: 5, delivered: 0, clicked: 0 })])).toEqual([0, 0]);
    expect(of([])).toEqual([null, null]);
  });

  it("share delivered among those vendors alone that report it", () => {
    const found = steps([entry({ accepted: 100, delivered: 50 }), entry({ accepted: 900 })]);
    expect(found[4]).toEqual({ name: "delivered", count: 50, share: { of: 100, base: "accepted" } });
  });

  it("share clicked among the accepted where deliveries are not reported", () => {
    const found = steps([entry({ accepted: 40, clicked: 10 })]);
    expect(found[5]).toEqual({ name: "clicked", count: 10, share: { of: 40, base: "accepted" } });
  });
});

describe("counts", () => {
  it("are grouped by vendor, what has none left out", () => {
    const entries = [entry({ vendor: "fcm", decided: 1 }), entry({ suppressed: 2 }), entry({ vendor: "fcm", decided: 3 })];
    expect([...grouped(entries, "vendor")].map(([vendor, own]) => [vendor, own.length])).toEqual([["fcm", 2]]);
    expect(reported(entries, "delivered")).toBeNull();
  });

  it("have a bucket for each hour of the period, those without a count too", () => {
    const all = buckets([entry({ from: 2 * HOUR, decided: 7 })], HOUR, 4 * HOUR - 1, "hour");
    expect(all.map(({ from, entries }) => [from / HOUR, entries.length])).toEqual([[1, 0], [2, 1], [3, 0]]);
  });
});
