/** Sends instant pushes. Each call has a key, so that the API answers its repetition as it answered the first one. */

import { appApi, ask } from "../../api/client";
import { appPath } from "../../lib/app";
import type { Ready } from "./draft";

/** What became of a push for a user, or on one of the user's devices. */
export type Answer = { user: string; device?: string | undefined; status: string; desc?: string | undefined; vendor?: unknown; msgId: string };

const header = (key: string) => ({ "Idempotency-Key": key });

/** Waits for the vendor, at most 10 s. */
export async function pushToUser({ user, body }: Ready & { to: "user" }, key: string): Promise<Answer[]> {
  const params = { path: { ...appPath(), username: user }, header: header(key) };
  const { data } = await ask(appApi.POST("/{org}/{app}/push/sync/{username}", { params, body }));
  return data.map(({ device_id, pushStatus, desc, data, msg_id }) => ({ user, device: device_id, status: pushStatus, desc, vendor: data, msgId: msg_id }));
}

/** Queues a push to each. */
export async function pushToUsers({ users, body }: Ready & { to: "users" }, key: string): Promise<Answer[]> {
  const params = { path: appPath(), header: header(key) };
  const { data } = await ask(appApi.POST("/{org}/{app}/push/single", { params, body: { ...body, targets: users } }));
  return data.map(({ id, pushStatus, desc, msg_id }) => ({ user: id, status: pushStatus, desc, msgId: msg_id }));
}

/** Starts a task. Answers its id. */
export async function startTask(ready: Ready & { to: "label" | "everyone" }, key: string): Promise<string> {
  const params = { path: appPath(), header: header(key) };
  const body = { ...ready.body, ...(ready.startDate === undefined ? {} : { startDate: ready.startDate }) };
  if (ready.to === "everyone") {
    return (await ask(appApi.POST("/{org}/{app}/push/task", { params, body }))).data;
  }
  return (await ask(appApi.POST("/{org}/{app}/push/list/label", { params, body: { ...body, targets: [ready.label] } }))).data.taskId;
}
