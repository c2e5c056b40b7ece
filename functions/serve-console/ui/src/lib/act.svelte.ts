/** Something that a button does: running, done, or failed. Nothing runs twice at once. */
export class Act {
  busy = $state(false);
  done = $state(false);
  failure = $state.raw<unknown>(null);

  run = async (act: () => Promise<void>): Promise<void> => {
    if (this.busy) {
      return;
    }
    Object.assign(this, { busy: true, done: false, failure: null });
    try {
      await act();
      this.done = true;
    } catch (error) {
      this.failure = error;
    } finally {
      this.busy = false;
    }
  };
}
