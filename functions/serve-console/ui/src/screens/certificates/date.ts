/** The day on which a credential ends, as an input of dates has it: in the reader's time zone, and from its first moment. */

export function dateText(millis: number | undefined): string {
  if (millis === undefined) {
    return "";
  }
  const date = new Date(millis);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `null` for no day. */
export function dateOf(text: string): number | null {
  return text === "" ? null : new Date(`${text}T00:00:00`).getTime();
}
