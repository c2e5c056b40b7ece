/** A value that is asked for: loading, there, or failed. An answer to an earlier question never replaces a later one. */
export class Load<T> {
  value = $state.raw<T | null>(null);
  failure = $state.raw<unknown>(null);
  busy = $state(false);
  #asked = 0;

  constructor(private readonly ask: () => Promise<T>) {}

  /** Takes the value away when the question is another one: an old answer never stands under a new question. */
  anew = (): Promise<void> => {
    this.value = null;
    return this.load();
  };

  load = async (): Promise<void> => {
    const turn = ++this.#asked;
    this.busy = true;
    this.failure = null;
    try {
      const value = await this.ask();
      if (turn === this.#asked) {
        this.value = value;
      }
    } catch (error) {
      if (turn === this.#asked) {
        this.failure = error;
      }
    } finally {
      if (turn === this.#asked) {
        this.busy = false;
      }
    }
  };
}
