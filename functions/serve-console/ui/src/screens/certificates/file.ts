/** What a file of a vendor's console holds for the form of a certificate. */

import type { Key } from "../../i18n/index.svelte";
import { textsOf } from "../../vendors/field";
import { formOf, type Vendor } from "../../vendors";

/** The fields of the form that the file fills, or what is wrong with the file. */
export type Taken = { texts: Record<string, string> } | { wrong: Key };

export function taken(vendor: Vendor, text: string): Taken {
  const record = recordOf(text);
  if (record === null) {
    return { wrong: "certificates.fileRefused" };
  }
  // It configures the client. The file that lets a server send has another name in the same console.
  if ("project_info" in record && "client" in record) {
    return { wrong: "certificates.fileGoogleServices" };
  }
  const fields = formOf(vendor).credential;
  const found = textsOf(fields, record);
  if (vendor === "huawei" && "sub_account" in found) {
    found["api"] ??= "v3";
  }
  const names = fields.map(({ name }) => name);
  const texts = Object.fromEntries(Object.entries(found).filter(([name]) => names.includes(name)));
  return Object.keys(texts).length === 0 ? { wrong: "certificates.fileNothing" } : { texts };
}

function recordOf(text: string): Record<string, unknown> | null {
  try {
    const record: unknown = JSON.parse(text);
    return typeof record === "object" && record !== null && !Array.isArray(record) ? (record as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
