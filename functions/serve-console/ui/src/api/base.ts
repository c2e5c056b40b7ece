/** What every call of the public API shares: where the API is, what an answer means, and calls without a bearer. */

import createClient from "openapi-fetch";

import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** Why a call failed. */
export class CallError extends Error {
  override name = "CallError";

  constructor(
    /** 0 when no answer came. */
    readonly status: number,
    message: string,
    /** The API's `error`, a word that does not change; `timeout` when no answer came in time. */
    readonly code = "",
  ) {
    super(message);
  }
}

// The API stands where the page does: the folder above `console/`.
const root = new URL("..", document.baseURI).href.replace(/\/$/, "");

/** A client that sends with `fetch`. */
export function clientOf(fetch: (request: Request) => Promise<Response>) {
  return createClient<paths>({ baseUrl: root, cache: "no-store", credentials: "omit", fetch });
}

/** Without a bearer, unless the call brings one. */
export const openApi = clientOf((request) => fetch(request));

type Outcome<T> = { data?: T; error?: unknown; response: Response };

/** The body of a success, or a `CallError` with what the API said. */
export async function ask<T>(call: Promise<Outcome<T>>): Promise<T> {
  const outcome = await call.catch((cause: unknown) => {
    throw cause instanceof CallError ? cause : new CallError(0, cause instanceof Error ? cause.message : String(cause));
  });
  if (outcome.data !== undefined) {
    return outcome.data;
  }
  throw new CallError(outcome.response.status, described(outcome.error), codeOf(outcome.error));
}

function codeOf(error: unknown): string {
  const code = typeof error === "object" && error !== null ? (error as Record<string, unknown>)["error"] : undefined;
  return typeof code === "string" ? code : "";
}

function described(error: unknown): string {
  if (typeof error === "object" && error !== null) {
    const { error_description, message } = error as Record<string, unknown>;
    const text = error_description ?? message;
    if (typeof text === "string") {
      return text;
    }
  }
  return typeof error === "string" ? error.slice(0, 200) : "";
}
