// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

interface Violation {
  readonly id: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[];
}

/** Mistakes that axe finds, of all levels of WCAG 2.2 up to AA and of good practice. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the content policy of the page does not concern.
  await page.evaluate(AXE);
  const found = await page.evaluate(async () => {
    // biome-ignore lint/suspicious/noExplicitAny: axe is no module here.
    const { violations } = await (globalThis as any).axe.run(document);
    return violations as Violation[];
  });
  return found.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
  );
}

/** Width that the document needs, in pixels: more than the window's, and something is cut off. */
export function neededWidth(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth);
}
