import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { CallError } from "../api/client";
import { Poll } from "./poll.svelte";

describe("a poll", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("ends as soon as nothing is left to wait for", async () => {
    const look = vi.fn().mockResolvedValueOnce(false).mockResolvedValueOnce(true);
    const poll = new Poll();
    poll.start(look);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(2);
    expect([poll.running, poll.ended]).toEqual([false, "done"]);
  });

  it("looks at growing distances, and gives up after two minutes", async () => {
    const at: number[] = [];
    const start = Date.now();
    const poll = new Poll();
    poll.start(async () => at.push(Date.now() - start) < 0);
    await vi.advanceTimersByTimeAsync(600_000);
    const waits = at.slice(1).map((moment, index) => moment - at[index]!);
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBe(1_000);
    expect(Math.max(...waits)).toBe(10_000);
    expect(at.at(-1)).toBeLessThanOrEqual(120_000);
    expect(poll.ended).toBe("late");
  });

  it("looks no more once it was stopped, even if an answer is under way", async () => {
    let answer = (_: boolean) => {};
    const look = vi.fn(() => new Promise<boolean>((resolve) => (answer = resolve)));
    const poll = new Poll();
    poll.start(look);
    poll.stop();
    answer(false);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(1);
    expect(poll.ended).toBe("stopped");
  });

  it("outlives a busy API, and ends at a refusal", async () => {
    const look = vi
      .fn()
      .mockRejectedValueOnce(new CallError(0, "offline"))
      .mockRejectedValueOnce(new CallError(503, "busy"))
      .mockRejectedValueOnce(new CallError(403, "no"));
    const poll = new Poll();
    poll.start(look);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(look).toHaveBeenCalledTimes(3);
    expect(poll.ended).toBe("failed");
    expect(poll.failure).toBeInstanceOf(CallError);
  });
});
