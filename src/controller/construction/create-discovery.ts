// SPDX-License-Identifier: Apache-2.0
import { entryRef, flowKey } from "../../flow-model/index.ts";
import { hostAnswerRule } from "../../forwarding/index.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { systemClock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";
import { HostLearning } from "../discovery/host-learning.ts";
import { sendsProbes } from "../discovery/is-probed.ts";
import { LearnedHostMemory } from "../discovery/learned-host-memory.ts";
import { LinkFinder } from "../discovery/link-finder.ts";
import { PacketOuts } from "../discovery/packet-outs.ts";
import { SilentPorts } from "../discovery/silent-ports.ts";
import type { ControllerOptions } from "./controller-options.ts";
import type { Core } from "./create-core.ts";

/** The rule by which a switch hands over answers to host probes. */
const HOST_ANSWERS = flowKey(hostAnswerRule);

/** The parts that find links and hosts. */
export type Discovery = ReturnType<typeof createDiscovery>;

export function createDiscovery(options: ControllerOptions, core: Core, reconciler: Reconciler) {
  const { sessions, network } = core;
  const reached = (dpid: Dpid) =>
    sendsProbes(network.topology.switches.get(dpid)) ? sessions.get(dpid) : undefined;
  const packetOuts = new PacketOuts(reached, systemClock);
  const silentPorts = new SilentPorts(() => core.registry.tunnelling());
  const parts = { reconciler, packetOuts, silentPorts };
  const learning = createLearning(options, core, parts);
  /** Undefined: links are not discovered. */
  const links = options.discovery === false ? undefined : createLinkFinder(options, core, parts);
  core.registry.subscribeTunnels(() => {
    silentPorts.policiesChanged();
    links?.silentPortsChanged();
  });
  return { learning, links, packetOuts };
}

/** What both of them use. */
interface DiscoveryParts {
  readonly reconciler: Reconciler;
  readonly packetOuts: PacketOuts;
  readonly silentPorts: SilentPorts;
}

function createLearning(
  { learnedHostStore: store, now, hostLimits: limits }: ControllerOptions,
  { logger, network, events, registry, contested, sessions, roles }: Core,
  { reconciler, packetOuts, silentPorts }: DiscoveryParts,
): HostLearning {
  const clock = systemClock;
  const timeOfDay = () => Date.parse(now());
  return new HostLearning({
    network,
    events,
    packetOuts,
    monitors: registry.monitors,
    contested,
    handsOver: async (dpid) => {
      const answer = await sessions.get(dpid)?.barrier();
      const state = reconciler.state(entryRef(dpid, HOST_ANSWERS));
      // A switch that another controller has taken over sends neither probes nor answers.
      return answer?.type === "reply" && roles.of(dpid) !== "slave" && state === "confirmed";
    },
    silentPorts,
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
  { reconciler, packetOuts, silentPorts }: DiscoveryParts,
): LinkFinder {
  return new LinkFinder({
    clock: systemClock,
    logger,
    store,
    network,
    packetOuts,
    silentPorts,
    session: (dpid) => sessions.get(dpid),
    entryState: (ref) => reconciler.state(ref),
    publish: (event) => events.publish(event),
    changed: () => updates.schedule(),
    resync: (dpid) => void reconciler.resync(dpid),
    ...(probeIntervalMs === undefined ? {} : { probeIntervalMs }),
  });
}
