// SPDX-License-Identifier: Apache-2.0
import type { Core } from "./create-core.ts";
import type { Discovery } from "./create-discovery.ts";
import type { Programming } from "./create-programming.ts";

/** When the disk takes writes again, writes what is in effect or known and could not be written. */
export function followStorage(
  { storage, ports, network }: Core,
  { links, learning }: Discovery,
  { suspension, vlans }: Programming,
): void {
  storage.onRecovered(() => {
    // The most important first: a restart without it would resume the taps.
    suspension.writes.retry();
    vlans.retry();
    ports.keep(network.topology);
    links?.retryWrites();
    learning.retryWrites();
  });
}
