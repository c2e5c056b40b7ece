/** What axe-core finds on a page. */

import axe from "axe-core";
import type { Page } from "playwright-core";

/** Serious and critical findings, each with the first elements that it concerns. */
export async function findings(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => {
    const loaded = (window as unknown as { axe: typeof axe }).axe;
    return loaded.run(document, { resultTypes: ["violations"] });
  });
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, help, nodes }) => `${id}: ${help}\n  ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html}\n  ${failureSummary ?? ""}`).join("\n  ")}`);
}
