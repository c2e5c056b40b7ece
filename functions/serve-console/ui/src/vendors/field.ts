/** The fields of a vendor's record: named as the vendor names them, explained in both languages. */

import type { Language } from "../i18n/index.svelte";

export type Text = Record<Language, string>;

/** `record`: a JSON object with all that the record's other fields do not hold. */
export type FieldKind =
  | { kind: "text" | "secret" | "long-secret" | "flag" | "json" | "record" }
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

/** Where Curlew cuts a notification, in characters, the ellipsis counted. A test holds it against the code. */
export type Cuts = {
  title: number;
  content: number;
  /** Whether the vendor counts UTF-16 units. */
  inUtf16?: true;
};

export type VendorForm = {
  /** What people call it. */
  title: Text;
  /** Where the values are found. */
  source: Text;
  credential: RecordField[];
  options: RecordField[];
  cuts?: Cuts;
};

/** For a vendor that has no form of its own: its records are entered as JSON, and the API says what is wrong with them. */
export function plainForm(vendor: string): VendorForm {
  return {
    title: { en: vendor, zh: vendor },
    source: { en: "Enter what the vendor's console gives, as Curlew's guide names it.", zh: "填写厂商控制台提供的内容，字段名见 Curlew 文档。" },
    credential: [{ name: "credential", kind: "record", secret: true, required: true }],
    options: [{ name: "options", kind: "record" }],
  };
}

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
    if (text === "") {
      continue;
    }
    if (field.kind === "record") {
      Object.assign(record, objectOf(field.name, text));
    } else {
      record[field.name] = valueOf(field, text);
    }
  }
  return record;
}

function objectOf(name: string, text: string): object {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`${name}: {..}`);
  }
  return value;
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

/** The texts of a record in a form: those of its fields, and of the fields that the form does not have. */
export function textsOf(fields: RecordField[], record: Record<string, unknown>): Record<string, string> {
  const text = (value: unknown) => (typeof value === "object" && value !== null ? JSON.stringify(value) : String(value));
  const whole = fields.find(({ kind }) => kind === "record");
  const isOwn = ([name]: [string, unknown]) => whole === undefined || fields.some((field) => field.name === name);
  const entries = Object.entries(record);
  const texts = Object.fromEntries(entries.filter(isOwn).map(([name, value]) => [name, text(value)]));
  const rest = entries.filter((entry) => !isOwn(entry));
  return whole === undefined || rest.length === 0 ? texts : { ...texts, [whole.name]: JSON.stringify(Object.fromEntries(rest)) };
}
