// SPDX-License-Identifier: Apache-2.0
import { type FlowKey, type FlowSpec, flowKey } from "../flow-model/index.ts";
import { mapDifferences } from "../lang/persistent-map.ts";
import type { Steps } from "../lang/steps.ts";
import {
  type Dpid,
  overlayPort,
  type PortNo,
  portsOfOtherRole,
  type Switch,
  type Topology,
  type TopologyChanges,
} from "../topology/index.ts";
import { commonFlows, flowPorts, portFlows } from "./compile-forwarding.ts";
import { puntRate } from "./host-punts.ts";
import { floodsTo, keepFlood } from "./original-actions.ts";

/**
 * Compares the entries of switches that do not depend on the paths to known hosts. A switch may have
 * ten thousand ports: only those of which something changed are compiled.
 */
export class SwitchComparison {
  readonly #before: Topology;
  readonly #after: Topology;
  /** The ports where hosts are, or were at any time, that have changed. */
  readonly #hostPorts = new Map<Dpid, Set<PortNo>>();

  constructor(before: Topology, after: Topology, { hosts }: TopologyChanges) {
    this.#before = before;
    this.#after = after;
    for (const { old, now } of hosts.values()) {
      for (const host of [old, now]) {
        if (host?.port !== undefined) this.#addPort(host.dpid, host.port);
        for (const { dpid, port } of host?.formerly ?? []) this.#addPort(dpid, port);
      }
    }
  }

  #addPort(dpid: Dpid, port: PortNo): void {
    const ports = this.#hostPorts.get(dpid) ?? new Set<PortNo>();
    this.#hostPorts.set(dpid, ports.add(port));
  }

  /** Adds the differences on a switch; what concerns one port is a step. */
  *compare(dpid: Dpid, set: FlowSpec[], gone: FlowKey[]): Steps<void> {
    const [before, after] = [this.#before, this.#after];
    const [old, now] = [programmed(before, dpid), programmed(after, dpid)];
    const rates = [puntRate(before, dpid), puntRate(after, dpid)] as const;
    const isAlike =
      old !== undefined &&
      now !== undefined &&
      isSameKind(old, now) &&
      before.discovers === after.discovers &&
      rates[0] === rates[1];
    const ports = isAlike ? this.#changedPorts(old, now) : this.#allPorts(dpid);
    yield;
    const isFloodSame =
      isAlike &&
      [...ports].every(
        (port) => floodsTo(before, { dpid, port }) === floodsTo(after, { dpid, port }),
      );
    const common = (topology: Topology, found: Switch | undefined) =>
      found ? commonFlows(topology, dpid) : [];
    if (isFloodSame) keepFlood(before, after, dpid);
    else {
      const were = common(before, old);
      // The flood groups of ten thousand ports take a step each.
      yield;
      compareFlows(were, common(after, now), set, gone);
    }
    for (const port of ports) {
      yield;
      const at = { dpid, port };
      compareFlows(
        old ? portFlows(before, at, rates[0]) : [],
        now ? portFlows(after, at, rates[1]) : [],
        set,
        gone,
      );
    }
  }

  /** The ports whose entries may differ, on a switch of the same kind. */
  #changedPorts(old: Switch, now: Switch): ReadonlySet<PortNo> {
    const ports = portsOfOtherRole(this.#before, this.#after, { old, now });
    // Whether a port is up changes no entry; by its name a port of OpenVTAP's own is for a monitor.
    for (const [no, was, is] of mapDifferences(old.ports, now.ports))
      if (was?.name !== is?.name || !was || !is) ports.add(no);
    for (const port of this.#hostPorts.get(now.dpid) ?? []) ports.add(port);
    return ports;
  }

  #allPorts(dpid: Dpid): ReadonlySet<PortNo> {
    return new Set([...flowPorts(this.#before, dpid), ...flowPorts(this.#after, dpid)]);
  }
}

function programmed({ switches }: Topology, dpid: Dpid): Switch | undefined {
  const found = switches.get(dpid);
  return found?.programmed ? found : undefined;
}

function isSameKind(x: Switch, y: Switch): boolean {
  return (
    x.isPlain === y.isPlain &&
    x.tapBridge?.mark === y.tapBridge?.mark &&
    x.tapSources === y.tapSources &&
    overlayPort(x) === overlayPort(y) &&
    JSON.stringify(x.forwarding) === JSON.stringify(y.forwarding)
  );
}

function compareFlows(
  old: readonly FlowSpec[],
  now: readonly FlowSpec[],
  set: FlowSpec[],
  gone: FlowKey[],
): void {
  // Most flows of ports are the same objects on every switch and in every snapshot.
  const others = old.filter((flow) => !now.includes(flow));
  const fresh = now.filter((flow) => !old.includes(flow));
  const byKey = new Map(others.map((flow) => [flowKey(flow), flow]));
  for (const flow of fresh) {
    const before = byKey.size === 0 ? undefined : byKey.get(flowKey(flow));
    if (before) byKey.delete(flowKey(before));
    if (!before || textOf(before) !== textOf(flow)) set.push(flow);
  }
  gone.push(...byKey.keys());
}

/** These flows are few and their actions simple: their JSON is complete. */
function textOf({ actions, meter }: FlowSpec): string {
  return JSON.stringify([actions, meter]);
}
