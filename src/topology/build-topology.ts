// SPDX-License-Identifier: Apache-2.0
import { defined } from "../lang/defined.ts";
import { mapDifferences, PersistentMap } from "../lang/persistent-map.ts";
import { sameItems } from "../lang/same-items.ts";
import type { Steps } from "../lang/steps.ts";
import { type AdmissionRules, admissionOf, isProgrammed, OWN_BRIDGE } from "./admission.ts";
import { attachLinks } from "./attach-links.ts";
import { configIndex } from "./config-index.ts";
import type { Discovered } from "./discovery/discovered.ts";
import type { LearnedHost } from "./discovery/hosts/host-entry.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import { besideMarkText, isMirrored, sameProfile } from "./forwarding-profile.ts";
import type { InterfaceIndex } from "./interfaces/interface-index.ts";
import {
  type DatabaseHost,
  EMPTY_CONFIG,
  type Host,
  type HostConfig,
  type Link,
  type MarkCheck,
  type Port,
  type Switch,
  type TopologyConfig,
} from "./model.ts";
import type { TapSources } from "./overlay.ts";
import { PortResolver } from "./port-resolver.ts";
import type { TapBridge } from "./tap-bridge.ts";
import { Topology } from "./topology.ts";

/** What is known of a switch that has connected at least once. */
export interface LiveSwitch {
  readonly connected: boolean;
  readonly ports: PersistentMap<PortNo, Port>;
  /** True for a switch that is not Open vSwitch. */
  readonly isPlain?: boolean;
  /** As in `Switch`. */
  readonly parsedTags?: number;
  /** As in `Switch`; that of a mark which the files no longer name says nothing. */
  readonly markCheck?: MarkCheck;
}

/** Everything known of the network, as it was reported. */
export interface TopologyFacts {
  readonly config: TopologyConfig;
  readonly admission: AdmissionRules;
  /** Hosts added at run time, by MAC address. */
  readonly apiHosts: PersistentMap<number, HostConfig>;
  /** Their MAC addresses by their names. */
  readonly apiNames: PersistentMap<string, number>;
  /** Hosts that databases of switches name, by MAC address; hosts of the same address above take precedence. */
  readonly databaseHosts: PersistentMap<number, DatabaseHost>;
  /** The interfaces that databases name, with or without a MAC address. */
  readonly interfaces: InterfaceIndex;
  /** Hosts learned from frames, by MAC address; hosts of the same address above take precedence. */
  readonly learnedHosts: ReadonlyMap<number, LearnedHost>;
  readonly live: ReadonlyMap<Dpid, LiveSwitch>;
  /** By the switch whose frames they get. */
  readonly tapBridges: ReadonlyMap<Dpid, TapBridge>;
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
export function* buildingTopology(facts: TopologyFacts, previous?: BuiltTopology): Steps<Topology> {
  const before = previous?.topology ?? Topology.empty;
  const switches = buildSwitches(facts, before.switches);
  const { links, hosts } = yield* attachAll(facts, switches, previous);
  const { interfaces } = facts;
  const discovers = facts.discovered !== undefined;
  const parts = { switches, links, hosts, discovers, interfaces };
  return yield* Topology.making(parts, previous?.topology);
}

function buildSwitches(
  { config, live, admission: rules, discovered, tapBridges }: TopologyFacts,
  before: ReadonlyMap<Dpid, Switch>,
): ReadonlyMap<Dpid, Switch> {
  const switches = new Map<Dpid, Switch>();
  const add = (seen: Omit<Switch, "probing">) => {
    const probing = discovered?.probing.get(seen.dpid) ?? NO_PROBING;
    const now = { ...seen, probing };
    const old = before.get(now.dpid);
    switches.set(now.dpid, old && sameSwitch(old, now) ? old : now);
  };
  for (const { dpid, name = dpid, forwarding, fragments, project } of config.switches) {
    const admission = admissionOf(dpid, true, rules);
    const settings = { forwarding, ...defined({ fragments, project }) };
    const parts = liveParts(live.get(dpid), besideMarkText(forwarding));
    const tapBridge = isMirrored(forwarding) ? tapBridges.get(dpid) : undefined;
    add({
      dpid,
      name,
      ...settings,
      admission,
      programmed: true,
      ...parts,
      ...defined({ tapBridge }),
    });
  }
  for (const [dpid, { name, ...tapSources }] of tapSourcesOf(tapBridges)) {
    if (switches.has(dpid)) continue;
    const settings = { forwarding: "copies", admission: OWN_BRIDGE, programmed: true } as const;
    add({ dpid, name, ...settings, ...liveParts(live.get(dpid)), tapSources });
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

/** The bridges of OpenVTAP's own, and whose frames they get. */
function tapSourcesOf(tapBridges: ReadonlyMap<Dpid, TapBridge>) {
  const found = new Map<Dpid, TapSources & { readonly name: string; readonly dpids: Dpid[] }>();
  for (const [source, { dpid, name, mark }] of tapBridges) {
    if (dpid === undefined) continue;
    const known = found.get(dpid);
    if (known === undefined) found.set(dpid, { name, mark, dpids: [source] });
    else known.dpids.push(source);
  }
  for (const { dpids } of found.values()) dpids.sort();
  return found;
}

function sameSources(x: TapSources | undefined, y: TapSources | undefined): boolean {
  return x?.mark === y?.mark && sameItems(x?.dpids ?? [], y?.dpids ?? []);
}

const NO_PORTS = PersistentMap.empty<PortNo, Port>();
const NO_PROBING: ReadonlySet<PortNo> = new Set();

/** `mark`: that of a switch beside an application that owns every table. */
function liveParts(live: LiveSwitch | undefined, mark?: string) {
  const { connected = false, ports = NO_PORTS, isPlain = false, parsedTags } = live ?? {};
  const tags = parsedTags === undefined ? {} : { parsedTags };
  const check = live?.markCheck;
  const checked = check !== undefined && check.mark === mark ? { markCheck: check } : {};
  return { connected, ports, portsKnown: live !== undefined, isPlain, ...tags, ...checked };
}

function sameSwitch(x: Switch, y: Switch): boolean {
  return (
    x.name === y.name &&
    sameProfile(x.forwarding, y.forwarding) &&
    x.programmed === y.programmed &&
    x.admission.state === y.admission.state &&
    x.admission.why === y.admission.why &&
    x.connected === y.connected &&
    x.isPlain === y.isPlain &&
    x.parsedTags === y.parsedTags &&
    x.markCheck === y.markCheck &&
    x.tapBridge === y.tapBridge &&
    sameSources(x.tapSources, y.tapSources) &&
    x.fragments === y.fragments &&
    x.project === y.project &&
    x.probing === y.probing &&
    hasSamePorts(x, y)
  );
}

/** The programmed switches whose ports differ; nothing is attached to the others. */
function changedPorts(
  before: ReadonlyMap<Dpid, Switch>,
  after: ReadonlyMap<Dpid, Switch>,
): ReadonlySet<Dpid> {
  const changed = new Set<Dpid>();
  for (const now of after.values()) {
    if (now.programmed && !hasSamePorts(before.get(now.dpid), now)) changed.add(now.dpid);
  }
  for (const { dpid, programmed } of before.values()) {
    if (programmed && !after.has(dpid)) changed.add(dpid);
  }
  return changed;
}

function hasSamePorts(x: Switch | undefined, y: Switch | undefined): boolean {
  return x?.ports === y?.ports && x?.portsKnown === y?.portsKnown;
}

function* attachAll(
  facts: TopologyFacts,
  switches: ReadonlyMap<Dpid, Switch>,
  previous: BuiltTopology | undefined,
): Steps<{ links: readonly Link[]; hosts: ReadonlyMap<number, Host> }> {
  const before = previous?.topology ?? Topology.empty;
  const ports = new PortResolver(switches);
  const changed = changedPorts(before.switches, switches);
  const areLinksSame =
    changed.size === 0 &&
    facts.config === previous?.facts.config &&
    facts.discovered?.links === previous.facts.discovered?.links &&
    // A discovered link may contradict a host.
    (facts.apiHosts === previous.facts.apiHosts || !facts.discovered?.links.length);
  const links = areLinksSame ? before.links : attachAllLinks(facts, switches, ports, before.links);
  return { links, hosts: yield* attachHosts(facts, ports, { previous, changed }) };
}

function attachAllLinks(
  facts: TopologyFacts,
  switches: ReadonlyMap<Dpid, Switch>,
  ports: PortResolver,
  before: readonly Link[],
): readonly Link[] {
  const { config, discovered, apiHosts } = facts;
  const hosts = [config.hosts, apiHosts.values()];
  return attachLinks({ configured: config.links, discovered, hosts, switches }, ports, before);
}

/** What hosts were attached with before, and the switches whose ports differ since. */
interface Since {
  readonly previous: BuiltTopology | undefined;
  readonly changed: ReadonlySet<Dpid>;
}

/** The hosts at their ports. Only those that may differ are attached again. */
function* attachHosts(
  facts: TopologyFacts,
  ports: PortResolver,
  { previous, changed }: Since,
): Steps<ReadonlyMap<number, Host>> {
  let hosts = PersistentMap.from(previous?.topology.hosts ?? []);
  for (const mac of hostsToAttach(facts, hosts, { previous, changed })) {
    yield;
    const old = hosts.get(mac);
    const now = attachHost(facts, ports, mac, old);
    if (now) hosts = hosts.with(mac, now);
    else if (old) hosts = hosts.without(mac);
  }
  return hosts;
}

function* hostsToAttach(
  { config, apiHosts, databaseHosts, learnedHosts }: TopologyFacts,
  hosts: ReadonlyMap<number, Host>,
  { previous, changed }: Since,
): Generator<number> {
  const known = previous?.facts ?? NO_HOSTS;
  const named = (files: TopologyConfig) => configIndex(files).hosts;
  for (const [mac] of mapDifferences(named(known.config), named(config))) yield mac;
  for (const [mac] of mapDifferences(known.apiHosts, apiHosts)) yield mac;
  for (const [mac] of mapDifferences(known.databaseHosts, databaseHosts)) yield mac;
  for (const [mac] of mapDifferences(known.learnedHosts, learnedHosts)) yield mac;
  if (changed.size === 0) return;
  for (const { mac, dpid } of hosts.values()) if (changed.has(dpid)) yield mac;
}

const NO_HOSTS: Pick<TopologyFacts, "config" | "apiHosts" | "databaseHosts" | "learnedHosts"> = {
  config: EMPTY_CONFIG,
  apiHosts: PersistentMap.empty(),
  databaseHosts: PersistentMap.empty(),
  learnedHosts: PersistentMap.empty(),
};

/** The host with an address; the same object as `old` while nothing of it differs. */
function attachHost(
  { config, apiHosts, databaseHosts, learnedHosts }: TopologyFacts,
  ports: PortResolver,
  mac: number,
  old: Host | undefined,
): Host | undefined {
  const [added, named] = [apiHosts.get(mac), configIndex(config).hosts.get(mac)];
  const shown = databaseHosts.get(mac);
  const host:
    | (HostConfig & Pick<Host, "vlans" | "formerly" | "iface" | "workloads" | "network">)
    | undefined = added ?? named ?? shown ?? learnedHosts.get(mac);
  if (!host) return undefined;
  const origin = added ? "api" : named ? "file" : shown ? "ovsdb" : "learned";
  const { name, ips, vlans, formerly, role, sharedPort, project, dpid, port: written } = host;
  const { iface, workloads, network } = host;
  const port = ports.find(dpid, written);
  const isSame =
    old?.port === port &&
    old?.dpid === dpid &&
    old.written === written &&
    old.name === name &&
    old.ips === ips &&
    old.vlans === vlans &&
    old.formerly === formerly &&
    old.role === role &&
    old.sharedPort === sharedPort &&
    old.project === project &&
    old.iface === iface &&
    old.workloads === workloads &&
    old.network === network &&
    old.origin === origin;
  if (isSame) return old;
  const known = defined({ iface, workloads, network });
  const stated = { ...defined({ name, vlans, formerly, role, sharedPort, project }), ...known };
  return { ...stated, mac, ips, origin, dpid, port, written };
}
