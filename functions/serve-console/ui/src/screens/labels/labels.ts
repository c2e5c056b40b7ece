/** Labels, as the screens that list and choose them ask for them. */

import { appApi, ask, type Schemas } from "../../api/client";
import { appPath } from "../../lib/app";
import type { Page } from "../../lib/pages.svelte";

export type Label = Schemas["CountedLabel"];

/** A page of the app's labels. An app has at most 100, which is one page. */
export async function pageOfLabels(cursor?: string): Promise<Page<Label>> {
  const query = { limit: 100, ...(cursor === undefined ? {} : { cursor }) };
  const page = await ask(appApi.GET("/{org}/{app}/push/label", { params: { path: appPath(), query } }));
  return { items: page.data, cursor: page.cursor };
}

/** From then on nobody has the label. */
export async function deleteLabel(name: string): Promise<void> {
  await ask(appApi.DELETE("/{org}/{app}/push/label/{name}", { params: { path: { ...appPath(), name } } }));
}
