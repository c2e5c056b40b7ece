/** Looks again at growing distances, until what is waited for is there, a time has passed, or somebody stops it. */

import { CallError } from "../api/client";

const FIRST_WAIT = 1_000;
const GROWTH = 1.5;
const MAX_WAIT = 10_000;
/** How long it waits in all, unless told otherwise. */
const MAX_WAITED = 120_000;

export class Poll {
  running = $state(false);
  /** Why the last run ended, once it has. */
  ended = $state<"done" | "late" | "stopped" | "failed" | null>(null);
  /** Why the last look failed, if it did. */
  failure = $state.raw<unknown>(null);
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly maxWaited = MAX_WAITED) {}

  /** `look` says whether there is nothing left to wait for. */
  start(look: () => Promise<boolean>): void {
    clearTimeout(this.#timer);
    Object.assign(this, { running: true, ended: null, failure: null });
    void this.#look(look, ++this.#turn, FIRST_WAIT, 0);
  }

  stop = (): void => {
    if (this.running) {
      this.#end("stopped");
    }
  };

  async #look(look: () => Promise<boolean>, turn: number, wait: number, waited: number): Promise<void> {
    let done = false;
    let failure: unknown = null;
    try {
      done = await look();
    } catch (error) {
      failure = error;
    }
    if (turn !== this.#turn) {
      return;
    }
    this.failure = failure;
    if (done) {
      this.#end("done");
    } else if (failure && !passes(failure)) {
      this.#end("failed");
    } else if (waited + wait > this.maxWaited) {
      this.#end("late");
    } else {
      const next = Math.min(wait * GROWTH, MAX_WAIT);
      this.#timer = setTimeout(() => void this.#look(look, turn, next, waited + wait), wait);
    }
  }

  #end(why: "done" | "late" | "stopped" | "failed"): void {
    clearTimeout(this.#timer);
    this.#turn += 1;
    Object.assign(this, { running: false, ended: why });
  }
}

/** Whether the next look may do better. */
function passes(error: unknown): boolean {
  return error instanceof CallError && (error.status === 0 || error.status === 429 || error.status >= 500);
}
