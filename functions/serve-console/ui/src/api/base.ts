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

/** The API answers within 30 seconds, or its gateway does. */
const MAX_WAIT_MILLIS = 30_000;

/** Sends a request, and waits for its answer no longer than the API may take. */
export function timed(request: Request): Promise<Response> {
  return fetch(request, { signal: AbortSignal.timeout(MAX_WAIT_MILLIS) });
}

/** Without a bearer, unless the call brings one. */
export const openApi = clientOf(timed);

type Outcome<T> = { data?: T; error?: unknown; response: Response };

/** The body of a success, or a `CallError` with what the API said. */
export async function ask<T>(call: Promise<Outcome<T>>): Promise<T> {
  const outcome = await call.catch((cause: unknown) => {
    throw cause instanceof CallError ? cause : lost(cause);
  });
  if (outcome.data !== undefined) {
    return outcome.data;
  }
  throw new CallError(outcome.response.status, described(outcome.error), codeOf(outcome.error));
}

function lost(cause: unknown): CallError {
  if (cause instanceof DOMException && cause.name === "TimeoutError") {
    return new CallError(0, "", "timeout");
  }
  return new CallError(0, cause instanceof Error ? cause.message : String(cause));
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
