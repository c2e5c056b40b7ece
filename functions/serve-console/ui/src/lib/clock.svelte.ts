/** The time as the page shows it, a few seconds late at most. */

const TICK_MILLIS = 5_000;

const state = $state({ now: Date.now() });

setInterval(() => (state.now = Date.now()), TICK_MILLIS);

export const clock = {
  get now(): number {
    return state.now;
  },
};
