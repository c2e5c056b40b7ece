/** Where Curlew cuts a notification for each vendor, in characters, the ellipsis counted. A test holds them against the code. */

import type { Vendor } from "../../vendors";

export type Cut = { title: number; content: number };

/** OPPO: the standard style. Meizu counts UTF-16 units. */
export const cuts: Record<Vendor, Cut> = {
  fcm: { title: 60, content: 240 },
  huawei: { title: 40, content: 256 },
  honor: { title: 40, content: 256 },
  xiaomi: { title: 49, content: 127 },
  oppo: { title: 50, content: 50 },
  vivo: { title: 40, content: 100 },
  meizu: { title: 32, content: 100 },
};

/** How long a text is to a vendor. */
export function lengthFor(vendor: Vendor, text: string): number {
  return vendor === "meizu" ? text.length : [...text].length;
}

/** The text as the vendor gets it. */
export function cut(vendor: Vendor, text: string, most: number): string {
  if (lengthFor(vendor, text) <= most) {
    return text;
  }
  let kept = "";
  for (const character of text) {
    if (lengthFor(vendor, kept + character) > most - 1) {
      break;
    }
    kept += character;
  }
  return `${kept}…`;
}
