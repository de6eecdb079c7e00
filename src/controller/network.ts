import { formatMac } from "../openflow/index.ts";
import type {
  Dpid,
  Host,
  Link,
  Switch,
  Topology,
  TopologyEvent,
  TopologyState,
} from "../topology/index.ts";
import type { ControllerEvent } from "./events.ts";
import {
  type HostView,
  hostView,
  type LinkView,
  linkView,
  portView,
} from "./views/network-view.ts";

/**
 * The network as the controller knows it: the one place that holds the topology state, and tells what
 * each change of it means.
 */
export class Network {
  #state: TopologyState;
  readonly #changed: (events: readonly ControllerEvent[]) => void;

  /** `changed` is called after every change with what is different, in words. */
  constructor(state: TopologyState, changed: (events: readonly ControllerEvent[]) => void) {
    this.#state = state;
    this.#changed = changed;
  }

  get state(): TopologyState {
    return this.#state;
  }

  get topology(): Topology {
    return this.#state.topology;
  }

  apply(event: TopologyEvent): void {
    this.replace(this.#state.apply(event));
  }

  replace(state: TopologyState): void {
    if (state === this.#state) return;
    const before = this.#state.topology;
    this.#state = state;
    this.#changed(topologyEvents(before, state.topology));
  }
}

/** What is different between two snapshots: ports, links and hosts. */
export function topologyEvents(before: Topology, after: Topology): ControllerEvent[] {
  const events: ControllerEvent[] = [];
  for (const found of after.switches.values()) {
    events.push(...portEvents(before.switches.get(found.dpid), found));
  }
  const links = (of: Topology) =>
    new Map(of.links.map((link) => [linkKey(link), linkView(of, link)]));
  for (const [old, now] of differences(links(before), links(after))) {
    events.push({ type: "linkChanged", ...sides<LinkView>(old, now) });
  }
  const hosts = (of: Topology) =>
    new Map(
      [...of.hosts].map(([mac, host]: [number, Host]) => [formatMac(mac), hostView(of, host)]),
    );
  for (const [old, now] of differences(hosts(before), hosts(after))) {
    events.push({ type: "hostChanged", ...sides<HostView>(old, now) });
  }
  return events;
}

function portEvents(before: Switch | undefined, after: Switch): ControllerEvent[] {
  // The ports of a switch that has just connected are part of its being connected.
  if (!before?.portsKnown || before.ports === after.ports || !before.connected) return [];
  const view = (of: Switch) => new Map([...of.ports].map(([no, port]) => [no, portView(port)]));
  const ofSwitch: { dpid: Dpid; switch: string } = { dpid: after.dpid, switch: after.name };
  return [...differences(view(before), view(after))].map(([old, now]) => ({
    type: "portChanged",
    ...ofSwitch,
    ...sides(old, now),
  }));
}

function linkKey({ a, b }: Link): string {
  return `${a.dpid} ${a.written} ${b.dpid} ${b.written}`;
}

/** Pairs of old and new that are not the same, by key. */
function* differences<K, V>(
  before: ReadonlyMap<K, V>,
  after: ReadonlyMap<K, V>,
): Generator<[V | undefined, V | undefined]> {
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const pair: [V | undefined, V | undefined] = [before.get(key), after.get(key)];
    if (JSON.stringify(pair[0]) !== JSON.stringify(pair[1])) yield pair;
  }
}

function sides<V>(old: V | undefined, now: V | undefined): { readonly old?: V; readonly new?: V } {
  return { ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) };
}
