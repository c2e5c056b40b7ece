/**
 * Sends calls with the bearer of the session.
 *
 * An operator's app token is replaced silently, before its end or when the API refuses it. When nothing replaces a refused bearer, the session
 * ends: calls that read wait until the user has signed in again, and calls that change something fail, so that nothing happens later unasked.
 */

import { untrack } from "svelte";

import { session, type AppAccess } from "../lib/session.svelte";
import { CallError, timed } from "./base";
import { byOperator } from "./tokens";

type Who = "operator" | "app";

/** A token that ends sooner is replaced before it is used. */
const SOON_MILLIS = 60_000;

export function sendAs(who: Who): (request: Request) => Promise<Response> {
  // Not tracked: what loads a screen does not load it again because its bearer was replaced.
  return (request) => untrack(() => send(who, request, true));
}

async function send(who: Who, request: Request, mayRenew: boolean): Promise<Response> {
  const target = targetOf(who);
  const bearer = await current(who);
  if (targetOf(who) !== target) {
    return refusal();
  }
  const answer = bearer === "" ? refusal() : await timed(authorized(request, bearer));
  if (answer.status !== 401 || targetOf(who) !== target) {
    return answer;
  }
  if (await replaced(who, bearer, mayRenew)) {
    return targetOf(who) === target ? send(who, request, false) : answer;
  }
  // An operator stays signed in when an app refuses even a new token: the screen shows the refusal.
  if (who === "app" && session.operator?.bearer) {
    return answer;
  }
  session.end();
  if (request.method === "GET" && (await session.again()) && targetOf(who) === target) {
    return send(who, request, true);
  }
  return answer;
}

/** Whom a call concerns: an answer for another app than the one that is shown now ends nothing. */
function targetOf(who: Who): string | null {
  if (who === "operator") {
    return session.operator && who;
  }
  return session.app && `${session.app.org}#${session.app.app}`;
}

function bearerOf(who: Who): string {
  return (who === "operator" ? session.operator : session.app)?.bearer ?? "";
}

async function current(who: Who): Promise<string> {
  const { app } = session;
  if (who === "app" && app && (app.bearer === "" || (app.expires ?? Infinity) < Date.now() + SOON_MILLIS)) {
    await renewed();
  }
  return bearerOf(who);
}

/** Whether there is another bearer now than the one that was refused. */
async function replaced(who: Who, refused: string, mayRenew: boolean): Promise<boolean> {
  if (bearerOf(who) === refused && who === "app" && mayRenew) {
    await renewed();
  }
  return bearerOf(who) !== "" && bearerOf(who) !== refused;
}

/** Those under way, by operator's bearer and app. */
const renewals = new Map<string, Promise<void>>();

/** Replaces the app's token by the operator's bearer, if there is one. Calls for the same app that come meanwhile wait for the same answer. */
function renewed(): Promise<void> {
  const { operator, app } = session;
  if (!operator?.bearer || !app) {
    return Promise.resolve();
  }
  const key = `${operator.bearer} ${app.org}#${app.app}`;
  const renewal = renewals.get(key) ?? renew(operator.bearer, app).finally(() => renewals.delete(key));
  renewals.set(key, renewal);
  return renewal;
}

async function renew(bearer: string, { org, app }: AppAccess): Promise<void> {
  try {
    const access = await byOperator(bearer, org, app);
    if (session.operator?.bearer === bearer && session.app?.org === org && session.app.app === app) {
      session.renew(access);
    }
  } catch (error) {
    if (!(error instanceof CallError && error.status === 401)) {
      throw error;
    }
    if (session.operator?.bearer === bearer) {
      session.end();
    }
  }
}

function authorized(request: Request, bearer: string): Request {
  const copy = request.clone();
  copy.headers.set("authorization", `Bearer ${bearer}`);
  return copy;
}

/** What the API would answer to a call without a bearer. */
function refusal(): Response {
  return Response.json({ error: "unauthorized" }, { status: 401 });
}
