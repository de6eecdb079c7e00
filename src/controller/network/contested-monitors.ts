// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../../openflow/index.ts";
import { formatParty, type Monitor, type PolicyId } from "../../policy/index.ts";
import { Listeners } from "../../runtime/listeners.ts";
import {
  type ConflictRecord,
  formatIpAddress,
  type MonitorConflict,
  type PortAt,
  type Topology,
} from "../../topology/index.ts";
import { monitorAddress } from "../policies/monitor-index.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import { switchName } from "../views/network-view.ts";

/** Dependencies of `ContestedMonitors`. */
interface ContestedMonitorsDeps {
  readonly registry: Pick<PolicyRegistry, "get" | "monitors">;
  readonly topology: () => Topology;
}

/** The learned monitors that are claimed at another port than their own, as reasons of policies. */
export class ContestedMonitors {
  readonly #deps: ContestedMonitorsDeps;
  /** By the MAC address of the monitor. */
  #conflicts: ReadonlyMap<number, readonly MonitorConflict[]> = new Map();
  /** The policies that have such reasons. */
  #affected: ReadonlySet<PolicyId> = new Set();
  readonly #changed = new Listeners<[ids: Iterable<PolicyId>]>();

  constructor(deps: ContestedMonitorsDeps) {
    this.#deps = deps;
  }

  /** Calls back with the policies whose reasons may have changed. */
  subscribe(listener: (ids: Iterable<PolicyId>) => void): void {
    this.#changed.add(listener);
  }

  /** Takes the present conflicts of hosts. */
  replace(records: ReadonlyMap<number, readonly ConflictRecord[]>): void {
    const { registry, topology } = this.#deps;
    const conflicts = new Map<number, MonitorConflict[]>();
    const affected = new Set<PolicyId>();
    for (const [mac, ofHost] of records) {
      const own = ofHost.flatMap(({ conflict: each }) =>
        each.kind === "monitor" && each.mac === mac ? each : [],
      );
      if (own.length === 0) continue;
      conflicts.set(mac, own);
      const host = topology().hostByMac(mac) ?? { mac, ips: [] };
      for (const id of registry.monitors.policiesOf(host)) affected.add(id);
    }
    const before = this.#affected;
    this.#conflicts = conflicts;
    this.#affected = affected;
    this.#changed.notify(new Set([...before, ...affected]));
  }

  /** Which monitors of a policy are claimed elsewhere: a sentence for each claim. */
  reasonsOf(id: PolicyId): readonly string[] {
    if (this.#conflicts.size === 0) return [];
    return (this.#deps.registry.get(id)?.policy.monitors ?? []).flatMap((monitor) =>
      this.#conflictsOf(monitor).map((each) => this.#reason(monitor, each)),
    );
  }

  #conflictsOf(monitor: Monitor): readonly MonitorConflict[] {
    const address = monitorAddress(monitor);
    if (!address) return [];
    if ("mac" in address) {
      return (this.#conflicts.get(address.mac) ?? []).filter(({ by }) => by === undefined);
    }
    const { value } = address.ip;
    return this.#deps
      .topology()
      .hostsByIp(address.ip)
      .flatMap(({ mac }) => this.#conflicts.get(mac) ?? [])
      .filter(({ by }) => by === undefined || by.ip.value === value);
  }

  #reason(monitor: Monitor, { mac, held, at, by }: MonitorConflict): string {
    const place = ({ dpid, port }: PortAt) =>
      `${switchName(this.#deps.topology(), dpid)} port ${port}`;
    const claim = by
      ? `host ${formatMac(by.mac)} at ${place(at)} uses its address ${formatIpAddress(by.ip)}`
      : `its MAC address ${formatMac(mac)} is seen at ${place(at)}`;
    return `monitor ${formatParty(monitor)} stays at ${place(held)}, but ${claim}: find out which is genuine; POST /api/v1/hosts fixes its place`;
  }
}
