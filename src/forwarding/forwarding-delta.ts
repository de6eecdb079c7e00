import { type FlowKey, type FlowSpec, flowKey } from "../pipeline/index.ts";
import { type Dpid, sameLayout, type Topology } from "../topology/index.ts";
import { HostFlows, programmedSwitches, switchFlows } from "./compile-forwarding.ts";
import { isSomewhere, NOWHERE, PlacedHosts } from "./placed-hosts.ts";

/** What changes in one switch's base forwarding. */
export interface ForwardingChange {
  readonly set: readonly FlowSpec[];
  readonly delete: readonly FlowKey[];
}

/**
 * What turns the tables of one snapshot into those of another: the same as comparing two full
 * compilations, without making the entries that stay as they are. Switches without a change are left
 * out; `Topology.empty` stands for nothing installed.
 */
export function forwardingDelta(before: Topology, after: Topology): Map<Dpid, ForwardingChange> {
  const isLaidOutAlike = sameLayout(before, after);
  // Ways to hosts depend on the layout alone: a port that came or went is a matter of floods.
  const hosts = isLaidOutAlike ? undefined : new HostPairs(before, after);
  const [old, now] = [programmedSwitches(before), programmedSwitches(after)];
  const changes = new Map<Dpid, ForwardingChange>();
  for (const dpid of new Set([...old, ...now])) {
    if (isLaidOutAlike && hasSamePorts(before, after, dpid)) continue;
    const set: FlowSpec[] = [];
    const gone: FlowKey[] = [];
    const tables = [flowsByKey(before, dpid), flowsByKey(after, dpid)] as const;
    compareTables(...tables, set, gone);
    hosts?.compare(dpid, set, gone);
    if (set.length > 0 || gone.length > 0) changes.set(dpid, { set, delete: gone });
  }
  return changes;
}

function hasSamePorts(before: Topology, after: Topology, dpid: Dpid): boolean {
  return before.switches.get(dpid)?.ports === after.switches.get(dpid)?.ports;
}

function flowsByKey(topology: Topology, dpid: Dpid): Map<FlowKey, FlowSpec> {
  const isProgrammed = topology.switches.get(dpid)?.programmed === true;
  const flows = isProgrammed ? switchFlows(topology, dpid) : [];
  return new Map(flows.map((flow) => [flowKey(flow), flow]));
}

function compareTables(
  old: ReadonlyMap<FlowKey, FlowSpec>,
  now: ReadonlyMap<FlowKey, FlowSpec>,
  set: FlowSpec[],
  gone: FlowKey[],
): void {
  // These flows are few and their actions plain: the text of the actions says all of them.
  const text = (flow: FlowSpec | undefined) => flow && JSON.stringify(flow.actions);
  for (const [key, flow] of now) if (text(old.get(key)) !== text(flow)) set.push(flow);
  for (const key of old.keys()) if (!now.has(key)) gone.push(key);
}

/** The hosts of two snapshots side by side. */
class HostPairs {
  readonly #old: PlacedHosts;
  readonly #now: PlacedHosts;
  readonly #flows = new HostFlows();
  /** Every address known to either, with its index in each; -1 where it is not known. */
  readonly #pairs: readonly { readonly mac: number; readonly old: number; readonly now: number }[];

  constructor(before: Topology, after: Topology) {
    this.#old = new PlacedHosts(before);
    this.#now = new PlacedHosts(after);
    const indexes = new Map(this.#old.macs.map((mac, index) => [mac, index]));
    const pairs = this.#now.macs.map((mac, now) => ({ mac, old: indexes.get(mac) ?? -1, now }));
    const kept = new Set(this.#now.macs);
    const lost = this.#old.macs.flatMap((mac, old) =>
      kept.has(mac) ? [] : [{ mac, old, now: -1 }],
    );
    this.#pairs = [...pairs, ...lost];
  }

  /** Adds what is different on one switch. */
  compare(dpid: Dpid, set: FlowSpec[], gone: FlowKey[]): void {
    const [oldPorts, newPorts] = [this.#old.portsFrom(dpid), this.#now.portsFrom(dpid)];
    this.#pairs.forEach(({ mac, old, now }, index) => {
      const [oldPort, newPort] = [oldPorts[old] ?? NOWHERE, newPorts[now] ?? NOWHERE];
      if (oldPort === newPort) return;
      if (isSomewhere(newPort)) set.push(this.#flows.of(index, mac, newPort));
      else if (isSomewhere(oldPort)) gone.push(flowKey(this.#flows.of(index, mac, oldPort)));
    });
  }
}
