// SPDX-License-Identifier: Apache-2.0
import axe from "axe-core";
import type { Page } from "playwright-core";

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/**
 * Mistakes that axe finds, of all levels of WCAG 2.2 up to AA and of good practice. The themes differ in colours
 * alone: in the dark one only what depends on these is looked at.
 */
export async function violations(page: Page, theme: "light" | "dark" = "light"): Promise<string[]> {
  // Evaluated by the debugger, which the content policy of the page does not concern.
  await page.evaluate(axe.source);
  const options = theme === "dark" ? { runOnly: ["color-contrast"] } : {};
  const found = await page.evaluate(async (options) => {
    // biome-ignore lint/suspicious/noExplicitAny: axe is no module here.
    const { violations } = await (globalThis as any).axe.run(document, options);
    return violations as Violation[];
  }, options);
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** Width that the document needs, in pixels: more than the window's, and something is cut off. */
export function neededWidth(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth);
}
