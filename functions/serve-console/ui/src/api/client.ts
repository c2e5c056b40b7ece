/** Calls of the public API, typed by its description. */

import createClient, { type Middleware } from "openapi-fetch";

import { session } from "../lib/session.svelte";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

/** Why a call failed. */
export class CallError extends Error {
  override name = "CallError";

  constructor(
    /** 0 when no answer came. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

// The API stands where the page does: the folder above `console/`.
const root = new URL("..", document.baseURI).href.replace(/\/$/, "");

const bearer: Middleware = {
  onRequest({ request }) {
    if (session.app) {
      request.headers.set("authorization", `Bearer ${session.app.bearer}`);
    }
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401 && session.app) {
      session.expire();
    }
  },
};

/** With the app's bearer. */
export const appApi = createClient<paths>({ baseUrl: root, cache: "no-store", credentials: "omit" });
appApi.use(bearer);
/** Without one. */
export const openApi = createClient<paths>({ baseUrl: root, cache: "no-store", credentials: "omit" });

type Outcome<T> = { data?: T; error?: unknown; response: Response };

/** The body of a success, or a `CallError` with what the API said. */
export async function ask<T>(call: Promise<Outcome<T>>): Promise<T> {
  const outcome = await call.catch((cause: unknown) => {
    throw new CallError(0, cause instanceof Error ? cause.message : String(cause));
  });
  if (outcome.data !== undefined) {
    return outcome.data;
  }
  throw new CallError(outcome.response.status, described(outcome.error));
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
