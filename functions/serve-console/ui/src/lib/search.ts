/** Whether each word that is wanted stands somewhere in the texts. Nothing wanted is found everywhere. */
export function matches(wanted: string, texts: readonly (string | null | undefined)[]): boolean {
  const all = texts.join(" ").toLowerCase();
  return wanted.toLowerCase().split(/\s+/).every((word) => all.includes(word));
}
