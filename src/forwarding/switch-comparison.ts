// SPDX-License-Identifier: Apache-2.0
import { type FlowKey, type FlowSpec, flowKey } from "../flow-model/index.ts";
import {
  changedPorts,
  type Dpid,
  type PortNo,
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
  /** The ports where hosts are or were that have changed. */
  readonly #hostPorts = new Map<Dpid, Set<PortNo>>();

  constructor(before: Topology, after: Topology, { hosts }: TopologyChanges) {
    this.#before = before;
    this.#after = after;
    for (const { old, now } of hosts.values()) {
      for (const host of [old, now]) {
        if (host?.port === undefined) continue;
        const ports = this.#hostPorts.get(host.dpid) ?? new Set<PortNo>();
        this.#hostPorts.set(host.dpid, ports.add(host.port));
      }
    }
  }

  /** Adds the differences on a switch. */
  compare(dpid: Dpid, set: FlowSpec[], gone: FlowKey[]): void {
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
    const isFloodSame =
      isAlike &&
      [...ports].every(
        (port) => floodsTo(before, { dpid, port }) === floodsTo(after, { dpid, port }),
      );
    if (isFloodSame) keepFlood(before, after, dpid);
    else compareTables(commonTable(before, old), commonTable(after, now), set, gone);
    for (const port of ports) {
      const at = { dpid, port };
      compareTables(
        tableOf(old ? portFlows(before, at, rates[0]) : []),
        tableOf(now ? portFlows(after, at, rates[1]) : []),
        set,
        gone,
      );
    }
  }

  /** The ports whose entries may differ, on a switch of the same kind. */
  #changedPorts(old: Switch, now: Switch): ReadonlySet<PortNo> {
    const ports = changedPorts(this.#before, this.#after, { old, now });
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
  return x.isPlain === y.isPlain && JSON.stringify(x.forwarding) === JSON.stringify(y.forwarding);
}

function commonTable(topology: Topology, found: Switch | undefined): Map<FlowKey, FlowSpec> {
  return tableOf(found ? commonFlows(topology, found.dpid) : []);
}

function tableOf(flows: readonly FlowSpec[]): Map<FlowKey, FlowSpec> {
  return new Map(flows.map((flow) => [flowKey(flow), flow]));
}

function compareTables(
  old: ReadonlyMap<FlowKey, FlowSpec>,
  now: ReadonlyMap<FlowKey, FlowSpec>,
  set: FlowSpec[],
  gone: FlowKey[],
): void {
  // These flows are few and their actions simple: their JSON is complete.
  const text = (flow: FlowSpec | undefined) => flow && JSON.stringify([flow.actions, flow.meter]);
  for (const [key, flow] of now) {
    const before = old.get(key);
    if (before !== flow && text(before) !== text(flow)) set.push(flow);
  }
  for (const key of old.keys()) if (!now.has(key)) gone.push(key);
}
