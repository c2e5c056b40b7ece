/** A message to try, as a form holds it, and as the API takes it. */

import type { Schemas } from "../../api/client";

export type PushClass = Schemas["PushClass"];
export const classes: PushClass[] = ["im", "mention", "call", "system", "marketing"];

/** The fields of each type's body. `json`: an object is typed. */
export const bodies = {
  txt: [{ name: "msg", required: true }],
  img: [{ name: "url", required: true }],
  audio: [{ name: "url", required: true }],
  video: [{ name: "url", required: true }],
  file: [{ name: "url", required: true }],
  loc: [{ name: "lat", required: true }, { name: "lng", required: true }, { name: "addr" }],
  cmd: [{ name: "action", required: true }],
  custom: [{ name: "customEvent", required: true }, { name: "customExts", json: true }],
} as const satisfies Record<string, readonly { name: string; required?: boolean; json?: boolean }[]>;

export type MessageType = keyof typeof bodies;
export const types = Object.keys(bodies) as MessageType[];

export type Question = {
  from: string;
  receiver: string;
  /** Empty: a one-to-one message. */
  group: string;
  type: MessageType;
  /** By the names of body fields. */
  texts: Record<string, string>;
  title: string;
  content: string;
  pushClass: PushClass | "";
  /** Names with commas between, or `all`. */
  mentioned: string;
  ignore: boolean;
  force: boolean;
  onlineOnly: boolean;
};

export const empty = (): Question => ({
  from: "admin",
  receiver: "",
  group: "",
  type: "txt",
  texts: {},
  title: "",
  content: "",
  pushClass: "",
  mentioned: "",
  ignore: false,
  force: false,
  onlineOnly: false,
});

export type QuestionBody = Schemas["BatchMessage"] | Schemas["GroupQuestion"];

/** The body of the call. Throws a `SyntaxError` for text that is no JSON object. */
export function bodyOf(question: Question): QuestionBody {
  const ext = extOf(question);
  const message = {
    from: question.from.trim(),
    type: question.type,
    body: contentOf(question),
    ...(Object.keys(ext).length === 0 ? {} : { ext }),
    ...(question.onlineOnly ? { routetype: "ROUTE_ONLINE" } : {}),
  };
  const receiver = question.receiver.trim();
  const group = question.group.trim();
  const body = group === "" ? { ...message, to: [receiver] } : { ...message, to: [group], receiver };
  return body as QuestionBody;
}

function contentOf({ type, texts }: Question): Record<string, unknown> {
  const content: Record<string, unknown> = {};
  for (const field of bodies[type] as readonly { name: string; json?: boolean }[]) {
    const text = texts[field.name] ?? "";
    if (text.trim() !== "") {
      content[field.name] = field.json ? objectOf(field.name, text) : text;
    }
  }
  return content;
}

function objectOf(name: string, text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError(`${name} must be a JSON object`);
  }
  return value;
}

function extOf({ title, content, pushClass, mentioned, ignore, force }: Question): Record<string, unknown> {
  const push = { ...(title === "" ? {} : { title }), ...(content === "" ? {} : { content }) };
  const names = mentioned.split(",").map((name) => name.trim()).filter(Boolean);
  return {
    ...(Object.keys(push).length === 0 ? {} : { em_push_ext: push }),
    ...(pushClass === "" ? {} : { em_push_class: pushClass }),
    ...(names.length === 0 ? {} : { em_at_list: names.length === 1 && names[0] === "all" ? "all" : names }),
    ...(ignore ? { em_ignore_notification: true } : {}),
    ...(force ? { em_force_notification: true } : {}),
  };
}
