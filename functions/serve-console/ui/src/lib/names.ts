/** User ids that are typed or pasted as a list. */

/** As many as one call takes. */
export const MAX_NAMES = 100;

/** The names in a text, each once: between blanks, line ends, commas or semicolons. */
export function namesIn(text: string): string[] {
  return [...new Set(text.split(/[\s,;，；、]+/).filter(Boolean))];
}
