/** Rows that the API gives in pages: the first ones, the next ones, or all. What is there stays when a later page fails. */

export type Page<T> = { data: T[]; cursor?: string | undefined };

export class Pages<T> {
  rows = $state.raw<T[]>([]);
  failure = $state.raw<unknown>(null);
  busy = $state(false);
  /** Whether there was an answer. */
  loaded = $state(false);
  /** Whether every page is being asked for. */
  gathering = $state(false);
  #cursor = $state<string | undefined>(undefined);
  #turn = 0;

  constructor(private readonly page: (cursor?: string) => Promise<Page<T>>) {}

  /** Whether more rows follow than are there. */
  get more(): boolean {
    return this.#cursor !== undefined;
  }

  /** Asks for the first page anew. */
  load = async (): Promise<void> => {
    this.gathering = false;
    await this.#take(true);
  };

  /** Adds the next page. */
  next = async (): Promise<void> => {
    await this.#take(!this.loaded);
  };

  /** Adds pages until there is no other, a page fails, or somebody stops it. */
  all = async (): Promise<void> => {
    this.gathering = true;
    do {
      await this.next();
    } while (this.gathering && this.more && this.failure === null);
    this.gathering = false;
  };

  stop = (): void => {
    this.gathering = false;
  };

  async #take(first: boolean): Promise<void> {
    const turn = ++this.#turn;
    Object.assign(this, { busy: true, failure: null });
    try {
      const { data, cursor } = await (first ? this.page() : this.page(this.#cursor));
      if (turn === this.#turn) {
        this.rows = first ? data : [...this.rows, ...data];
        this.#cursor = cursor;
        this.loaded = true;
      }
    } catch (error) {
      if (turn === this.#turn) {
        this.failure = error;
      }
    } finally {
      if (turn === this.#turn) {
        this.busy = false;
      }
    }
  }
}
