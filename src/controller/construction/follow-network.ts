// SPDX-License-Identifier: Apache-2.0
import { logLinkChange } from "../network/link-log.ts";
import type { FullNetworkUpdate } from "../network/network-updates.ts";
import type { Core } from "./create-core.ts";
import type { Discovery } from "./create-discovery.ts";
import type { Programming } from "./create-programming.ts";

/**
 * Registers everything that follows the network, in the order in which it must act:
 *
 * 1. Link discovery prepares the update: a port that has just come up must not be forwarded to before
 *    it is known what is behind it.
 * 2. Events are published: clients see the change of the network before what follows from it.
 * 3. The ports of switches are remembered, and learned hosts are compared with the network.
 * 4. The ports of monitors are compared with what was known of them.
 * 5. Policies and forwarding are compiled, and switches are programmed.
 * 6. Projects are compared with their quotas, and mirrors with their policies, later.
 *
 * Data flows one way, from the network to the switches: what discovery finds changes the network, and
 * this is the next update.
 */
export function followNetwork(
  core: Core,
  { links, learning }: Discovery,
  { desired, limits, monitorPorts, mirrors, tapBridges }: Programming,
): void {
  const { updates, ports } = core;
  updates.prepare(() => links?.follow());
  updates.subscribe((update) => publishAll(update, core));
  updates.subscribe(({ topology }) => ports.keep(topology));
  updates.subscribe(({ topology }) => learning.networkChanged(topology));
  updates.subscribe(({ topology }) => monitorPorts.networkChanged(topology));
  updates.subscribe((update) => desired.networkChanged(update));
  updates.subscribe(() => limits.rules.networkChanged());
  updates.subscribe(() => mirrors.networkChanged());
  updates.subscribe(() => tapBridges.networkChanged());
}

function publishAll({ links, events: changes }: FullNetworkUpdate, { events, logger }: Core): void {
  for (const event of links) logLinkChange(logger, event);
  events.publishAll(changes);
}
