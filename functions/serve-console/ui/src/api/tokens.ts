/** Calls that exchange one credential for another. Nothing of what is given is kept. */

import type { AppAccess, OperatorAccess } from "../lib/session.svelte";
import { ask, CallError, openApi } from "./base";

/** How long an access to an app lasts, in seconds. */
const LIFETIME = 3600;

const endOf = (seconds: number) => Date.now() + seconds * 1000;

/** A text that no header carries is no credential. The API need not be asked, and what the browser would say is not shown. */
function bearer(token: string): { authorization: string } {
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new CallError(401, "");
  }
  return { authorization: `Bearer ${token}` };
}

export async function byOperatorKey(key: string): Promise<OperatorAccess> {
  const { access_token, expires_in } = await ask(openApi.POST("/management/token", { headers: bearer(key) }));
  return { bearer: access_token, expires: endOf(expires_in) };
}

export async function byClientSecret(org: string, app: string, client_id: string, client_secret: string): Promise<AppAccess> {
  const body = { grant_type: "client_credentials" as const, client_id, client_secret, ttl: LIFETIME };
  const { access_token, expires_in } = await ask(openApi.POST("/{org}/{app}/token", { params: { path: { org, app } }, body }));
  return { org, app, bearer: access_token, role: "app", expires: endOf(expires_in) };
}

/** By the operator's bearer, without the app's secret. */
export async function byOperator(operator: string, org: string, app: string): Promise<AppAccess> {
  const call = { params: { path: { org, app } }, headers: bearer(operator), body: { ttl: LIFETIME } };
  const { access_token, expires_in } = await ask(openApi.POST("/management/apps/{org}/{app}/token", call));
  return { org, app, bearer: access_token, role: "app", expires: endOf(expires_in) };
}

/** Fails unless the API takes the token for this app. Each token that the console is for may read the settings. */
export async function verify({ org, app, bearer: token }: AppAccess): Promise<void> {
  await ask(openApi.GET("/{org}/{app}/push/settings", { params: { path: { org, app } }, headers: bearer(token) }));
}
