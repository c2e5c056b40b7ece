/** Cuts a notification as Curlew cuts it for a vendor. */

import { formOf, vendors, type Vendor } from "../../vendors";

/** The vendors of which the console knows where Curlew cuts. */
export function previewed(): Vendor[] {
  return vendors.filter((vendor) => formOf(vendor).cuts !== undefined);
}

/** How long a text is to a vendor. */
export function lengthFor(vendor: Vendor, text: string): number {
  return formOf(vendor).cuts?.inUtf16 ? text.length : [...text].length;
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
