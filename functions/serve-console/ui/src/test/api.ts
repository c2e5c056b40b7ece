/** An API for tests: it answers as they say, and remembers each call. */

import { vi } from "vitest";

export type Call = { method: string; path: string; query: URLSearchParams; bearer: string; key: string; body: unknown };
/** A body with status 200, or a status with a body, or a failure of the network. */
export type Answer = { status?: number; body?: unknown } | "unreachable";

/** Answers by the method and path, such as `GET /management/apps`. What is not there is not found. */
export function stubApi(answer: (call: Call) => Answer | undefined | Promise<Answer | undefined>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal("fetch", async (request: Request): Promise<Response> => {
    const url = new URL(request.url);
    const text = await request.clone().text();
    const call: Call = {
      method: request.method,
      path: decodeURIComponent(url.pathname),
      query: url.searchParams,
      bearer: request.headers.get("authorization")?.replace("Bearer ", "") ?? "",
      key: request.headers.get("idempotency-key") ?? "",
      body: text === "" ? null : JSON.parse(text),
    };
    calls.push(call);
    const found = (await answer(call)) ?? { status: 404, body: { error_description: "not found" } };
    if (found === "unreachable") {
      throw new TypeError("Failed to fetch");
    }
    return Response.json(found.body ?? {}, { status: found.status ?? 200 });
  });
  return calls;
}

/** An answer that waits until the test lets it go. */
export function gate(): { open: () => void; passed: Promise<void> } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { open, passed };
}

/** A token with these claims, as the page reads them. The signature is nobody's. */
export function tokenOf(claims: Record<string, unknown>): string {
  const part = (value: unknown) => btoa(JSON.stringify(value)).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
  return `${part({ alg: "EdDSA" })}.${part(claims)}.c2lnbmF0dXJl`;
}

export const refused: Answer = { status: 401, body: { error_description: "Unable to authenticate" } };
