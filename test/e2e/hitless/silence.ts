import { setTimeout as pause } from "node:timers/promises";
import type { HitlessNetwork } from "./network.ts";

/** How often it is looked at the links, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * Lets some time go by in which the controller hears less than it should: the links carry frames all
 * the time, so none may be taken for lost. `keep` is done again and again.
 */
export async function expectLinksThrough(
  network: HitlessNetwork,
  ms: number,
  keep: () => Promise<void> = async () => undefined,
): Promise<void> {
  const links = await network.linksUp();
  const end = performance.now() + ms;
  while (performance.now() < end) {
    await keep();
    const now = new Set(await network.linksUp());
    const lost = links.filter((link) => !now.has(link));
    if (lost.length > 0) throw new Error(`taken for lost, though frames go by them: ${lost}`);
    await pause(Math.max(0, Math.min(LOOK_EVERY_MS, end - performance.now())));
  }
}
