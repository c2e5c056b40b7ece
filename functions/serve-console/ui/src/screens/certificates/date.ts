/** The day on which a credential ends, as an input of dates has it: in the reader's time zone, and from its first moment. */

import { t } from "../../i18n/index.svelte";

export function dateText(millis: number | undefined): string {
  if (millis === undefined) {
    return "";
  }
  const date = new Date(millis);
  const two = (value: number) => String(value).padStart(2, "0");
  return `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/** `null` for no day. Throws a `SyntaxError` for text that is no day. */
export function dateOf(text: string): number | null {
  if (text === "") {
    return null;
  }
  const millis = new Date(`${text}T00:00:00`).getTime();
  if (Number.isNaN(millis)) {
    throw new SyntaxError(t("certificates.endsWrong"));
  }
  return millis;
}
