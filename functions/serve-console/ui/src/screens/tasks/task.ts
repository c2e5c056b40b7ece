/** Tasks: pushes to all users of an app, or to those of a label. */

import { appApi, ask, type Schemas } from "../../api/client";
import { appPath } from "../../lib/app";

export type ListedTask = Schemas["ListedTask"];
/** The counts of receipts are `null` where nobody reports. */
export type Task = Omit<Schemas["ShownTask"], "delivered" | "clicked"> & Record<"delivered" | "clicked", number | null>;
export type AskedState = Schemas["TaskChange"]["state"];

const TASK = "/{org}/{app}/push/task/{id}";

export async function shownTask(id: string): Promise<Task> {
  return (await ask(appApi.GET(TASK, { params: { path: { ...appPath(), id } } }))).data;
}

/** Pauses a task, lets it go on, or cancels it. Answers the task as it is then. */
export async function changeTask(id: string, state: AskedState): Promise<Task> {
  return (await ask(appApi.PUT(TASK, { params: { path: { ...appPath(), id } }, body: { state } }))).data;
}

/** A scheduled task that starts later is not watched. */
const SOON_MILLIS = 10 * 60_000;

/** Whether a task changes without anybody asking for it, now or soon. */
export function moves({ state, startsAt }: ListedTask, now: number): boolean {
  return state === "running" || (state === "scheduled" && startsAt - now < SOON_MILLIS);
}

/** Whether nothing can be asked of it any more. */
export function hasEnded({ state }: ListedTask): boolean {
  return state === "done" || state === "cancelled";
}
