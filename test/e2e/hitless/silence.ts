// SPDX-License-Identifier: Apache-2.0
import { setTimeout as pause } from "node:timers/promises";
import type { HitlessNetwork } from "./network.ts";

/** How often the links are read, in milliseconds. */
const LOOK_EVERY_MS = 50;

/**
 * Waits while the controller receives fewer messages than usual. The links carry frames all the time, so
 * none may count as lost. Calls `keep` repeatedly.
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
    if (lost.length > 0) throw new Error(`reported lost, although they carry frames: ${lost}`);
    await pause(Math.max(0, Math.min(LOOK_EVERY_MS, end - performance.now())));
  }
}
