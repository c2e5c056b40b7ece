/** Kinds of warnings, as the page names them. */

import { t, type Key } from "../../i18n/index.svelte";

const titles: Record<string, Key> = {
  preflight: "warning.preflight",
  expires: "warning.expires",
  disabled: "warning.disabled",
  refused: "warning.refused",
  failing: "warning.failing",
  quota: "warning.quota",
  unchecked: "warning.unchecked",
};

/** A newer API may have kinds that this page does not know: those keep their name. */
export function title(kind: string): string {
  return Object.hasOwn(titles, kind) ? t(titles[kind]!) : kind;
}
