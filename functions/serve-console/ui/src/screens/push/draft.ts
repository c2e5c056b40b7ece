/** An instant push, as the form holds it, and as the API takes it. */

import type { Schemas } from "../../api/client";
import { namesIn } from "../../lib/names";
import type { PushClass } from "../why/question";

export const audiences = ["user", "users", "label", "everyone"] as const;
export type Audience = (typeof audiences)[number];
export const strategies = [0, 1, 2, 3, 4] as const satisfies Schemas["Strategy"][];

export type Draft = {
  audience: Audience;
  user: string;
  /** User ids in any list form. */
  users: string;
  label: string;
  title: string;
  content: string;
  strategy: Schemas["Strategy"];
  /** Empty: the API's default. */
  pushClass: PushClass | "";
  /** Empty: none. */
  template: string;
  /** One argument a line. */
  titleArgs: string;
  contentArgs: string;
  /** A JSON object: blocks of vendors, `config` and `ext`. */
  blocks: string;
  /** As an input gives it: `yyyy-MM-ddTHH:mm`. Empty: now. */
  start: string;
};

export const empty = (): Draft => ({
  audience: "user",
  user: "",
  users: "",
  label: "",
  title: "",
  content: "",
  strategy: 2,
  pushClass: "",
  template: "",
  titleArgs: "",
  contentArgs: "",
  blocks: "",
  start: "",
});

/** The class of a push that names none: what goes to many is a campaign. */
export function usualClass(audience: Audience): PushClass {
  return audience === "label" || audience === "everyone" ? "marketing" : "system";
}

/** A push that may be sent. */
export type Ready = { body: Schemas["InstantPush"] } & (
  | { to: "user"; user: string }
  | { to: "users"; users: string[] }
  | { to: "label"; label: string; startDate?: string }
  | { to: "everyone"; startDate?: string }
);

/** Throws a `SyntaxError` for text that the API would not take. */
export function readyOf(draft: Draft): Ready {
  const body = { strategy: draft.strategy, pushMessage: messageOf(draft) };
  const start = draft.start === "" ? {} : { startDate: startDateOf(draft.start) };
  switch (draft.audience) {
    case "user":
      return { to: "user", user: draft.user.trim(), body };
    case "users":
      return { to: "users", users: namesIn(draft.users), body };
    case "label":
      return { to: "label", label: draft.label, body, ...start };
    case "everyone":
      return { to: "everyone", body, ...start };
  }
}

function messageOf({ title, content, pushClass, template, titleArgs, contentArgs, blocks }: Draft): Schemas["PushMessage"] {
  const worded = { name: template, title_args: linesOf(titleArgs), content_args: linesOf(contentArgs) };
  return {
    ...blocksOf(blocks),
    ...(title === "" ? {} : { title }),
    ...(content === "" ? {} : { content }),
    ...(pushClass === "" ? {} : { class: pushClass }),
    ...(template === "" ? {} : { template: worded }),
  };
}

/** Fields that the form has inputs for. */
const own = ["title", "content", "class", "template"];

function blocksOf(text: string): Record<string, unknown> {
  if (text.trim() === "") {
    return {};
  }
  const value: unknown = JSON.parse(text);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new SyntaxError("pushMessage must be a JSON object");
  }
  const twice = Object.keys(value).filter((name) => own.includes(name));
  if (twice.length > 0) {
    throw new SyntaxError(`${twice.join(", ")}: use the field of the form`);
  }
  return value as Record<string, unknown>;
}

function linesOf(text: string): string[] {
  return text === "" ? [] : text.split("\n");
}

/** `yyyy-MM-dd HH:mm:ss`. */
function startDateOf(typed: string): string {
  const [day = "", clock = ""] = typed.split("T");
  return `${day} ${clock.length === 5 ? `${clock}:00` : clock}`;
}
