// SPDX-License-Identifier: Apache-2.0
import type { Logger } from "../../runtime/logger.ts";
import type { ConflictNotice, HostConflict } from "../../topology/index.ts";
import type { EventBus } from "../events.ts";
import type { Network } from "../network/network.ts";
import { conflictView } from "../views/conflict-view.ts";

/** Where conflicts of hosts are reported. */
interface ConflictEventsDeps {
  readonly network: Pick<Network, "topology">;
  readonly events: EventBus;
  readonly logger: Logger;
}

const CONTRADICTION = "observations of hosts contradict each other";
const BEGUN_TEXTS: Readonly<Record<HostConflict["kind"], string>> = {
  place: CONTRADICTION,
  address: CONTRADICTION,
  flapping: CONTRADICTION,
  monitor: "a monitor is claimed at another port and keeps its copies",
  mark: "a host has an address of tap marks: it is not learned, and frames of it are dropped where copies pass, until it is named",
  former: "a host that has moved still sends at the port that it has left; both are copied",
};

/** Publishes and logs a conflict that has begun or ended. */
export function publishConflict(
  { network, events, logger }: ConflictEventsDeps,
  { state, conflict }: ConflictNotice,
): void {
  const view = conflictView(network.topology, conflict);
  events.publish({ type: "hostConflict", state, conflict: view });
  if (state === "begun") logger.warn({ conflict: view }, BEGUN_TEXTS[conflict.kind]);
  else logger.info({ conflict: view }, "a conflict of hosts has ended");
}
