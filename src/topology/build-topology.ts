// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import { type AdmissionRules, admissionOf, isProgrammed } from "./admission.ts";
import { attachLinks } from "./attach-links.ts";
import type { Discovered } from "./discovery/discovered.ts";
import type { LearnedHost } from "./discovery/host-entry.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import type { Host, HostConfig, Link, Port, Switch, TopologyConfig } from "./model.ts";
import { PortResolver } from "./port-resolver.ts";
import { Topology } from "./topology.ts";

/** What is known of a switch that has connected at least once. */
export interface LiveSwitch {
  readonly connected: boolean;
  readonly ports: ReadonlyMap<PortNo, Port>;
  /** True for a switch that is not Open vSwitch. */
  readonly isPlain?: boolean;
}

/** Everything known of the network, as it was reported. */
export interface TopologyFacts {
  readonly config: TopologyConfig;
  readonly admission: AdmissionRules;
  /** Hosts added at run time, by MAC address. */
  readonly apiHosts: ReadonlyMap<number, HostConfig>;
  /** Hosts learned from frames, by MAC address; hosts of the same address above take precedence. */
  readonly learnedHosts: ReadonlyMap<number, LearnedHost>;
  readonly live: ReadonlyMap<Dpid, LiveSwitch>;
  /** The result of discovery; undefined when discovery is off. */
  readonly discovered: Discovered | undefined;
}

/** A topology with the facts it was built from. */
export interface BuiltTopology {
  readonly facts: TopologyFacts;
  readonly topology: Topology;
}

/**
 * Combines configuration with the live state. Parts that are as in `previous` are the same objects,
 * down to whole collections, so that comparing two snapshots costs as much as has changed.
 */
export function buildTopology(facts: TopologyFacts, previous?: BuiltTopology): Topology {
  const before = previous?.topology ?? Topology.empty;
  const switches = buildSwitches(facts, before.switches);
  const { links, hosts } = attachAll(facts, switches, previous);
  const discovers = facts.discovered !== undefined;
  return new Topology({ switches, links, hosts, discovers }, previous?.topology);
}

function buildSwitches(
  { config, live, admission: rules, discovered }: TopologyFacts,
  before: ReadonlyMap<Dpid, Switch>,
): ReadonlyMap<Dpid, Switch> {
  const switches = new Map<Dpid, Switch>();
  const add = (seen: Omit<Switch, "probing">) => {
    const probing = discovered?.probing.get(seen.dpid) ?? NO_PROBING;
    const now = { ...seen, probing };
    const old = before.get(now.dpid);
    switches.set(now.dpid, old && sameSwitch(old, now) ? old : now);
  };
  for (const { dpid, name = dpid, forwarding } of config.switches) {
    const admission = admissionOf(dpid, true, rules);
    add({ dpid, name, forwarding, admission, programmed: true, ...liveParts(live.get(dpid)) });
  }
  // Sorted by datapath id: the order of connection must not matter.
  for (const dpid of [...live.keys()].sort()) {
    if (switches.has(dpid)) continue;
    const admission = admissionOf(dpid, false, rules);
    const programmed = isProgrammed(admission);
    const forwarding = rules.defaultForwarding;
    add({ dpid, name: dpid, forwarding, admission, programmed, ...liveParts(live.get(dpid)) });
  }
  return switches;
}

const NO_PORTS: ReadonlyMap<PortNo, Port> = new Map();
const NO_PROBING: ReadonlySet<PortNo> = new Set();

function liveParts(live: LiveSwitch | undefined) {
  const { connected = false, ports = NO_PORTS, isPlain = false } = live ?? {};
  return { connected, ports, portsKnown: live !== undefined, isPlain };
}

function sameSwitch(x: Switch, y: Switch): boolean {
  return (
    x.name === y.name &&
    x.forwarding === y.forwarding &&
    x.programmed === y.programmed &&
    x.admission.state === y.admission.state &&
    x.admission.why === y.admission.why &&
    x.connected === y.connected &&
    x.isPlain === y.isPlain &&
    x.probing === y.probing &&
    hasSamePorts(x, y)
  );
}

/** Only programmed switches count: nothing is attached to the others. */
function programmedHaveSamePorts(
  before: ReadonlyMap<Dpid, Switch>,
  after: ReadonlyMap<Dpid, Switch>,
): boolean {
  for (const now of after.values()) {
    if (now.programmed && !hasSamePorts(before.get(now.dpid), now)) return false;
  }
  for (const { dpid, programmed } of before.values()) {
    if (programmed && !after.has(dpid)) return false;
  }
  return true;
}

function hasSamePorts(x: Switch | undefined, y: Switch | undefined): boolean {
  return x?.ports === y?.ports && x?.portsKnown === y?.portsKnown;
}

function attachAll(
  facts: TopologyFacts,
  switches: ReadonlyMap<Dpid, Switch>,
  previous: BuiltTopology | undefined,
): { links: readonly Link[]; hosts: ReadonlyMap<number, Host> } {
  const before = previous?.topology ?? Topology.empty;
  const isListSame =
    facts.config === previous?.facts.config &&
    facts.apiHosts === previous.facts.apiHosts &&
    facts.learnedHosts === previous.facts.learnedHosts;
  const arePortsSame = programmedHaveSamePorts(before.switches, switches);
  const areLinksSame = facts.discovered?.links === previous?.facts.discovered?.links;
  if (isListSame && arePortsSame && areLinksSame) return before;
  const ports = new PortResolver(switches);
  const links = attachLinks(
    {
      configured: facts.config.links,
      discovered: facts.discovered,
      hosts: pinnedHosts(facts),
      switches,
    },
    ports,
    before.links,
  );
  const areHostsSame = isListSame && hostsStay(before.hosts, ports);
  return { links, hosts: areHostsSame ? before.hosts : attachHosts(facts, ports, before) };
}

/** Hosts named by files and REST clients, whose ports are fixed. */
function* pinnedHosts({ config, apiHosts }: TopologyFacts): Generator<HostConfig> {
  yield* config.hosts;
  yield* apiHosts.values();
}

/** There may be very many hosts: the common case must not build a new collection. */
function hostsStay(hosts: ReadonlyMap<number, Host>, ports: PortResolver): boolean {
  for (const { dpid, port, written } of hosts.values()) {
    if (ports.find(dpid, written) !== port) return false;
  }
  return true;
}

function attachHosts(
  { config, apiHosts, learnedHosts }: TopologyFacts,
  ports: PortResolver,
  before: Topology,
) {
  const hosts = new Map<number, Host>();
  const add = (host: HostConfig & Pick<Host, "vlans">, origin: Host["origin"]) => {
    const { name, mac, ips, vlans, dpid, port: written } = host;
    const port = ports.find(dpid, written);
    const old = before.hosts.get(mac);
    const isSame =
      old?.port === port &&
      old?.dpid === dpid &&
      old.written === written &&
      old.name === name &&
      old.ips === ips &&
      old.vlans === vlans &&
      old.origin === origin;
    const optional = isSame ? {} : defined({ name, vlans });
    hosts.set(mac, isSame ? old : { ...optional, mac, ips, origin, dpid, port, written });
  };
  for (const host of config.hosts) add(host, "file");
  for (const host of apiHosts.values()) add(host, "api");
  for (const host of learnedHosts.values()) if (!hosts.has(host.mac)) add(host, "learned");
  return hosts;
}
