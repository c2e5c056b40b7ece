/** The deployed local stack, as an operator, the server of an app and a vendor speak to it. */

import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

import type { Vendor } from "../src/vendors/list";

export const root = new URL("../../../../", import.meta.url);

type Stack = { api_url: string; operator_key: string; vendor_base_url: string };
type Answer = Record<string, any>;
export type App = { org: string; app: string; client_id: string; client_secret: string; token: string };

/** What `make up` wrote down. */
export const stack = JSON.parse(readFileSync(process.env["CURLEW_STACK"] ?? new URL(".local/stack.json", root), "utf8")) as Stack;

async function call(method: string, url: string, bearer: string | null, body?: unknown): Promise<Answer> {
  const answer = await fetch(url, {
    method,
    headers: { "content-type": "application/json", ...(bearer === null ? {} : { authorization: `Bearer ${bearer}` }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  if (!answer.ok) {
    throw new Error(`${method} ${url}: ${answer.status} ${text}`);
  }
  return text === "" ? {} : (JSON.parse(text) as Answer);
}

export function operator(method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `${stack.api_url}${path}`, stack.operator_key, body);
}

/** A call of the app's server. */
export function server(app: App, method: string, path: string, body?: unknown): Promise<Answer> {
  return call(method, `${stack.api_url}/${app.org}/${app.app}${path}`, app.token, body);
}

/** A name that no run had before. */
export function fresh(name: string): string {
  return `${name}-${randomBytes(4).toString("hex")}`;
}

export async function createApp(app = fresh("browser"), settings: Answer = { advanced_push: true }): Promise<App> {
  const made = await operator("POST", "/management/apps", { org: "browser", app, settings });
  const { client_id, client_secret } = made as { client_id: string; client_secret: string };
  return openApp({ org: "browser", app, client_id, client_secret });
}

/** With a token of an hour, or as long as said. */
export async function openApp(app: Omit<App, "token">, ttl = 3600): Promise<App> {
  const { client_id, client_secret } = app;
  const body = { grant_type: "client_credentials", client_id, client_secret, ttl };
  const { access_token } = await call("POST", `${stack.api_url}/${app.org}/${app.app}/token`, null, body);
  return { ...app, token: access_token as string };
}

export async function deleteApp({ org, app }: App): Promise<void> {
  await operator("DELETE", `/management/apps/${org}/${app}`);
}

/** What the vendor's console gives: a test account of the simulators. */
export async function credentialOf(vendor: Vendor): Promise<Answer> {
  return (await call("GET", `${stack.vendor_base_url}/_sim/test-accounts`, null))[vendor] as Answer;
}

/** A device token in the vendor's form. */
export async function deviceToken(vendor: Vendor): Promise<string> {
  const text = randomBytes(16).toString("hex");
  const { token } = await call("GET", `${stack.vendor_base_url}/_sim/device-token?vendor=${vendor}&text=${text}`, null);
  return token as string;
}

/** A phone of the user signs in, registers its token, and goes away. */
export async function bindAndLeave(app: App, user: string, device: string, notifier: string, token: string): Promise<void> {
  const path = `/users/${encodeURIComponent(user)}/push/binding`;
  await server(app, "PUT", path, { device_id: device, notifier_name: notifier, device_token: token });
  const now = Date.now();
  const event = { user, device_id: device, session: "1" };
  await server(app, "POST", "/presence/events", {
    events: [
      { ...event, status: "online", ts: now - 1 },
      { ...event, status: "offline", ts: now },
    ],
  });
}

/** Sends a text; answers the id of the message. */
export async function send(app: App, from: string, to: string, text: string, more: Answer = {}): Promise<string> {
  const { data } = await server(app, "POST", "/messages/users", { from, to: [to], type: "txt", body: { msg: text }, ...more });
  return (data as Record<string, string>)[to]!;
}

/** The vendor reports that the last push to this token was shown on the phone, to the address that its console holds. */
export async function reportDelivered(vendor: Vendor, token: string, receiptUrl: string): Promise<void> {
  const to = `${stack.api_url}${new URL(receiptUrl).pathname}`;
  const { status } = await call("POST", `${stack.vendor_base_url}/_sim/receipts`, null, { vendor, token, event: "delivered", to });
  if (status !== 200) {
    throw new Error(`the report of ${vendor} was answered with ${String(status)}`);
  }
}

/** Asks again until the answer is there: what happens behind queues takes a while. The test's own time ends it. */
export async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await look();
    if (found !== undefined) {
      return found;
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The trace of a message once every push of it has ended. */
export function traceOf(app: App, id: string, user: string): Promise<Answer> {
  return until(async () => {
    const path = `/push/trace/${id}?user=${encodeURIComponent(user)}`;
    const trace = await server(app, "GET", path).catch((error: unknown) => {
      if (String(error).includes(": 404 ")) {
        return undefined;
      }
      throw error;
    });
    const devices = (trace?.["data"]?.devices ?? []) as { verdict: string; attempts: unknown[] }[];
    const pending = trace?.["data"]?.verdict === "pending" || devices.some((device) => device.verdict === "push" && device.attempts.length === 0);
    return trace === undefined || pending ? undefined : (trace["data"] as Answer);
  });
}
