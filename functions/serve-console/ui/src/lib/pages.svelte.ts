/**
 * Rows that come in pages by cursor: the first page, the next one, or all. A page that fails leaves the pages before it; an answer from before
 * a reload is dropped.
 */
export type Page<T> = { items: T[]; cursor?: string | undefined };

export class Pages<T> {
  items = $state.raw<T[]>([]);
  failure = $state.raw<unknown>(null);
  busy = $state(false);
  /** Whether a first page came. */
  loaded = $state(false);
  /** Whether all pages are being asked for. */
  gathering = $state(false);
  #cursor = $state<string | undefined>(undefined);
  #asked = 0;
  /** The page that was asked for last: `undefined` is the first. */
  #last: string | undefined = undefined;

  constructor(private readonly ask: (cursor: string | undefined) => Promise<Page<T>>) {}

  /** Whether the API has, or may have, more. */
  get more(): boolean {
    return this.#cursor !== undefined;
  }

  /** Asks for the first page anew. */
  load = (): Promise<void> => {
    this.gathering = false;
    return this.#page(undefined);
  };

  next = (): Promise<void> => (this.busy ? Promise.resolve() : this.#page(this.#cursor));

  /** What a retry repeats: the page that failed. */
  retry = (): Promise<void> => this.#page(this.#last);

  /** Asks for page after page, until there is no other, one fails, or somebody stops it. */
  all = async (): Promise<void> => {
    this.gathering = true;
    while (this.gathering && this.more && !this.busy) {
      await this.next();
      this.gathering &&= this.failure === null;
    }
    this.gathering = false;
  };

  stop = (): void => {
    this.gathering = false;
  };

  async #page(cursor: string | undefined): Promise<void> {
    const turn = ++this.#asked;
    this.#last = cursor;
    Object.assign(this, { busy: true, failure: null });
    try {
      const page = await this.ask(cursor);
      if (turn === this.#asked) {
        this.items = cursor === undefined ? page.items : [...this.items, ...page.items];
        this.#cursor = page.cursor;
        this.loaded = true;
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
  }
}
