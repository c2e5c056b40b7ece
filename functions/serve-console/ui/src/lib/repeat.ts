/** Keys that let the API answer a repeated call as it answered the first one. */

/**
 * The `Idempotency-Key` of a form. It stays while the same content is sent, so that a call whose answer was lost is not made twice. Other content
 * gets another key, and so does the same content after a success: whoever sends it then wants it sent again.
 */
export class RepeatKey {
  #content = "";
  #key = "";

  of(content: unknown): string {
    const text = JSON.stringify(content);
    if (text !== this.#content) {
      this.#content = text;
      this.#key = crypto.randomUUID();
    }
    return this.#key;
  }

  /** The call was answered. */
  done(): void {
    this.#content = "";
  }
}
