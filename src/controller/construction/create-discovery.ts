// SPDX-License-Identifier: Apache-2.0
import type { Reconciler } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import { HostLearning } from "../discovery/host-learning.ts";
import { LearnedHostMemory } from "../discovery/learned-host-memory.ts";
import { LinkFinder } from "../discovery/link-finder.ts";
import { PacketOuts } from "../discovery/packet-outs.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";

/** The parts that find links and hosts. */
export type Discovery = ReturnType<typeof createDiscovery>;

export function createDiscovery(options: ControllerOptions, core: Core, reconciler: Reconciler) {
  const { sessions } = core;
  const packetOuts = new PacketOuts((dpid) => sessions.get(dpid), systemClock);
  const learning = createLearning(options, core, packetOuts);
  /** Undefined: links are not discovered. */
  const links =
    options.discovery === false
      ? undefined
      : createLinkFinder(options, core, { reconciler, packetOuts });
  return { learning, links };
}

function createLearning(
  { learnedHostStore: store, now, hostLimits: limits }: ControllerOptions,
  { logger, network, events }: Core,
  packetOuts: PacketOuts,
): HostLearning {
  const clock = systemClock;
  const timeOfDay = () => Date.parse(now());
  return new HostLearning({
    network,
    events,
    packetOuts,
    memory: new LearnedHostMemory({ store, clock, logger, timeOfDay }),
    clock,
    timeOfDay,
    logger,
    ...(limits ? { limits } : {}),
  });
}

function createLinkFinder(
  { discoveryStore: store, probeIntervalMs }: ControllerOptions,
  { logger, network, updates, sessions, events }: Core,
  { reconciler, packetOuts }: { readonly reconciler: Reconciler; readonly packetOuts: PacketOuts },
): LinkFinder {
  return new LinkFinder({
    clock: systemClock,
    logger,
    store,
    network,
    packetOuts,
    session: (dpid) => sessions.get(dpid),
    entryState: (ref) => reconciler.state(ref),
    publish: (event) => events.publish(event),
    changed: () => updates.schedule(),
    resync: (dpid) => void reconciler.resync(dpid),
    ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
  });
}
