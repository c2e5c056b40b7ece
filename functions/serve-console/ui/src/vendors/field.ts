/** The fields of a vendor's record: named as the vendor names them, explained in both languages. */

import type { Language } from "../i18n/index.svelte";

export type Text = Record<Language, string>;

export type FieldKind =
  | { kind: "text" | "secret" | "long-secret" | "flag" | "json" }
  | { kind: "number"; min: number; max: number }
  | { kind: "choice"; choices: readonly (string | number)[] };

export type RecordField = FieldKind & {
  name: string;
  required?: boolean;
  /** Whether its JSON holds a secret. */
  secret?: true;
  /** Of use to few: shown on request. */
  rare?: boolean;
  help?: Text;
};

export type VendorForm = {
  /** What people call it. */
  title: Text;
  /** Where the values are found. */
  source: Text;
  credential: RecordField[];
  options: RecordField[];
};

/** The options that every vendor's notifiers have. */
export const commonOptions: RecordField[] = [
  {
    name: "tokens_per_second",
    kind: "number",
    min: 1,
    max: 100_000,
    help: {
      en: "The most device tokens a second that one process sends to. Empty: no limit by Curlew.",
      zh: "单个进程每秒最多发送的设备 token 数。留空表示不限。",
    },
  },
  {
    name: "collapse",
    kind: "choice",
    choices: ["message", "conversation"],
    help: {
      en: "conversation: a newer message replaces the notification of its conversation.",
      zh: "conversation：同一会话的新消息会替换旧通知。",
    },
  },
  {
    name: "receipts",
    kind: "choice",
    choices: ["on", "off"],
    help: {
      en: "Whether pushes name Curlew's receipt address to the vendor.",
      zh: "推送时是否把我们的回执地址告知厂商。",
    },
  },
];

/** What the texts of a form make as a record; empty texts are left out. Throws a `SyntaxError` for text that is no JSON. */
export function recordOf(fields: RecordField[], texts: Record<string, string>): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const field of fields) {
    const text = (texts[field.name] ?? "").trim();
    if (text !== "") {
      record[field.name] = valueOf(field, text);
    }
  }
  return record;
}

function valueOf(field: RecordField, text: string): unknown {
  switch (field.kind) {
    case "number":
      return Number(text);
    case "flag":
      return text === "true";
    case "json":
      return JSON.parse(text);
    case "choice":
      return field.choices.find((choice) => String(choice) === text) ?? text;
    default:
      return text;
  }
}

/** The texts of a record: those of a form, and of the fields that the form does not have. */
export function textsOf(record: Record<string, unknown>): Record<string, string> {
  const text = (value: unknown) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, text(value)]));
}
