// SPDX-License-Identifier: Apache-2.0
import { PersistentMap } from "../lang/persistent-map.ts";
import { complete, type Steps } from "../lang/steps.ts";
import { formatMac } from "../openflow/index.ts";
import {
  type Admission,
  type AdmissionRules,
  admissionOf,
  CLOSED_ADMISSION,
  isProgrammed,
  OWN_BRIDGE,
  sameRules,
} from "./admission.ts";
import {
  type BuiltTopology,
  buildingTopology,
  type LiveSwitch,
  type TopologyFacts,
} from "./build-topology.ts";
import { configIndex } from "./config-index.ts";
import type { Discovered } from "./discovery/discovered.ts";
import type { LearnedHost } from "./discovery/hosts/host-entry.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import type { JsonProblem } from "./files/json-document.ts";
import { contradictions } from "./host-contradictions.ts";
import { InterfaceIndex } from "./interfaces/interface-index.ts";
import {
  type DatabaseHost,
  EMPTY_CONFIG,
  type HostConfig,
  type MarkCheck,
  type Port,
  type TopologyConfig,
} from "./model.ts";
import type { TapBridge } from "./tap-bridge.ts";
import type { Topology } from "./topology.ts";
import { withUnchanged } from "./unchanged-config.ts";

/** A change of the live network, as a session reports it. */
export type TopologyEvent =
  | {
      readonly type: "switchConnected";
      readonly dpid: Dpid;
      readonly ports: readonly Port[];
      /** True for a switch that is not Open vSwitch. */
      readonly isPlain?: boolean;
    }
  /** How many VLAN tags of a frame a connected switch parses is known. */
  | { readonly type: "tagsProbed"; readonly dpid: Dpid; readonly parsedTags: number }
  /** What the entries of other applications on a connected switch do with its mark is known. */
  | { readonly type: "markChecked"; readonly dpid: Dpid; readonly check: MarkCheck }
  | { readonly type: "switchDisconnected"; readonly dpid: Dpid }
  /** A port appeared or changed. */
  | { readonly type: "portChanged"; readonly dpid: Dpid; readonly port: Port }
  | { readonly type: "portRemoved"; readonly dpid: Dpid; readonly port: PortNo };

/** The ports a switch has, or last had. */
export interface PortTable {
  readonly dpid: Dpid;
  readonly ports: readonly Port[];
}

/** A new state, or the reasons for refusing the change. */
export type StateChange =
  | { readonly ok: true; readonly state: TopologyState }
  | { readonly ok: false; readonly problems: readonly JsonProblem[] };

/**
 * Everything known of the network: the topology files, the hosts added at run time, and what the
 * switches report. Immutable: every change returns a new state, or the same object when nothing
 * changed.
 *
 * A disconnected switch keeps its last known ports, and its links stay up: a fail-secure switch goes
 * on forwarding, so only a port's state takes a link down.
 *
 * A switch that no file names: (unknown) -connects-> connected -disconnects-> away -connects->
 * connected; away -is forgotten-> (unknown). A quarantined switch is never away: it becomes unknown as
 * soon as it disconnects. A refused switch stays unknown.
 */
export class TopologyState {
  /** Nothing known yet. (A static field would use the class before its definition, once compiled.) */
  static get empty(): TopologyState {
    const hosts = {
      ...NO_API_HOSTS,
      databaseHosts: PersistentMap.empty<number, DatabaseHost>(),
      interfaces: InterfaceIndex.empty,
      learnedHosts: PersistentMap.empty<number, LearnedHost>(),
    };
    const nothing = { config: EMPTY_CONFIG, ...hosts, live: new Map(), tapBridges: new Map() };
    return new TopologyState({ ...nothing, admission: CLOSED_ADMISSION, discovered: undefined });
  }

  readonly #facts: TopologyFacts;
  /** The last topology built: its unchanged parts are reused. */
  readonly #previous: BuiltTopology | undefined;
  #topology: Topology | undefined;
  /** The making of `topology`, which all who ask for it continue. */
  #making: Steps<Topology> | undefined;

  private constructor(facts: TopologyFacts, previous?: TopologyState) {
    this.#facts = facts;
    this.#previous = previous && (previous.#built ?? previous.#previous);
  }

  /** The network as this state knows it. */
  get topology(): Topology {
    return this.#topology ?? complete(this.building());
  }

  /** Makes `topology` in steps. */
  *building(): Steps<Topology> {
    while (this.#topology === undefined) {
      this.#making ??= buildingTopology(this.#facts, this.#previous);
      const { done, value } = this.#making.next();
      if (done) [this.#topology, this.#making] = [value, undefined];
      else yield value;
    }
    return this.#topology;
  }

  get #built(): BuiltTopology | undefined {
    return this.#topology && { facts: this.#facts, topology: this.#topology };
  }

  /**
   * Adds the ports that switches had when they were last connected: until they connect again they
   * count as disconnected. Switches that have already connected, and those that would not be
   * programmed now, are left out.
   */
  withLastPorts(tables: Iterable<PortTable>): TopologyState {
    const live = new Map(this.#facts.live);
    for (const { dpid, ports } of tables) {
      if (live.has(dpid) || !isProgrammed(this.admission(dpid))) continue;
      live.set(dpid, { connected: false, ports: portTable(ports) });
    }
    return live.size === this.#facts.live.size ? this : this.#with({ live });
  }

  /**
   * Replaces the content of the topology files and the admission rules. Hosts added at run time that
   * contradict the files are dropped. Learned and discovered facts stay.
   */
  withConfig(files: TopologyConfig, rules = this.#facts.admission): TopologyState {
    return complete(this.configuring(files, rules));
  }

  /** As `withConfig`. */
  *configuring(files: TopologyConfig, rules = this.#facts.admission): Steps<TopologyState> {
    const config = yield* withUnchanged(this.#facts.config, files);
    const admission = sameRules(rules, this.#facts.admission) ? this.#facts.admission : rules;
    if (config === this.#facts.config && admission === this.#facts.admission) return this;
    const live = this.#admittedBy(config, admission);
    let state = this.#with({ config, admission, ...NO_API_HOSTS, live });
    for (const host of this.#facts.apiHosts.values()) {
      yield;
      const change = state.addHost(host);
      if (change.ok) state = change.state;
    }
    const isKept = state.#facts.apiHosts.size === this.#facts.apiHosts.size;
    // The same map as before, so that snapshots need not compare it.
    return isKept ? this.#with({ config, admission, live }) : state;
  }

  /**
   * This state with the files, admission rules and added hosts of another, which was made from an earlier
   * state of the same network. Snapshots are made from those of the other.
   */
  withFilesOf(other: TopologyState): TopologyState {
    const { config, admission, apiHosts, apiNames } = other.#facts;
    const live = this.#admittedBy(config, admission);
    return new TopologyState(
      { ...this.#facts, config, admission, apiHosts, apiNames, live },
      other,
    );
  }

  /** Replaces the result of discovery; undefined: discovery is off. */
  withDiscovered(discovered: Discovered | undefined): TopologyState {
    return discovered === this.#facts.discovered ? this : this.#with({ discovered });
  }

  /**
   * Replaces the interfaces that databases name, and the hosts that they are. A host that a file or a client names
   * takes precedence.
   */
  withInterfaces(
    interfaces: InterfaceIndex,
    databaseHosts: PersistentMap<number, DatabaseHost>,
  ): TopologyState {
    const { interfaces: before, databaseHosts: hostsBefore } = this.#facts;
    const isSame = interfaces === before && databaseHosts === hostsBefore;
    return isSame ? this : this.#with({ interfaces, databaseHosts });
  }

  /**
   * Replaces the bridges of OpenVTAP's own that get the frames of other switches, by those switches. They are programmed
   * as those that files name.
   */
  withTapBridges(tapBridges: ReadonlyMap<Dpid, TapBridge>): TopologyState {
    return this.#with({ tapBridges });
  }

  /** The bridges of OpenVTAP's own, by the switches whose frames they get. */
  get tapBridges(): ReadonlyMap<Dpid, TapBridge> {
    return this.#facts.tapBridges;
  }

  /** Replaces the hosts learned from frames. A host that a file or a client names takes precedence. */
  withLearnedHosts(learnedHosts: ReadonlyMap<number, LearnedHost>): TopologyState {
    return learnedHosts === this.#facts.learnedHosts ? this : this.#with({ learnedHosts });
  }

  /** The admission of a switch with this datapath id, connected or not. */
  admission(dpid: Dpid): Admission {
    const { config, admission } = this.#facts;
    const isNamed = configIndex(config).switches.has(dpid);
    if (!isNamed && this.#tapBridge(dpid) !== undefined) return OWN_BRIDGE;
    return admissionOf(dpid, isNamed, admission);
  }

  /** Whether a switch is known: a file names it, or it has connected. As `topology`, without making that. */
  hasSwitch(dpid: Dpid): boolean {
    const { config, live } = this.#facts;
    const isNamed = configIndex(config).switches.has(dpid);
    return live.has(dpid) || isNamed || this.#tapBridge(dpid) !== undefined;
  }

  /** The name of a switch; its datapath id when no file names it. As `topology`, without making that. */
  switchName(dpid: Dpid): string {
    const named = configIndex(this.#facts.config).switches.get(dpid);
    return named ?? this.#tapBridge(dpid)?.name ?? dpid;
  }

  /** Returns the state after an event. */
  apply(event: TopologyEvent): TopologyState {
    const known = this.#facts.live.get(event.dpid);
    switch (event.type) {
      case "switchConnected": {
        if (this.admission(event.dpid).state === "refused") return this;
        const ports = portTable(event.ports, known?.ports);
        const { isPlain = false } = event;
        const isSame =
          known?.connected && ports === known.ports && isPlain === (known.isPlain ?? false);
        if (isSame) return this;
        return this.#withLive(event.dpid, { ...known, connected: true, ports, isPlain });
      }
      case "tagsProbed": {
        const { parsedTags } = event;
        if (!known || known.parsedTags === parsedTags) return this;
        return this.#withLive(event.dpid, { ...known, parsedTags });
      }
      case "markChecked": {
        const { check: markCheck } = event;
        if (!known || sameCheck(known.markCheck, markCheck)) return this;
        return this.#withLive(event.dpid, { ...known, markCheck });
      }
      case "switchDisconnected": {
        if (!known?.connected) return this;
        if (this.admission(event.dpid).state === "quarantined") return this.#forget(event.dpid);
        return this.#forget(event.dpid).#withLive(event.dpid, { ...known, connected: false });
      }
      case "portChanged": {
        if (!known || samePort(known.ports.get(event.port.no), event.port)) return this;
        const ports = known.ports.with(event.port.no, event.port);
        return this.#withLive(event.dpid, { ...known, ports });
      }
      case "portRemoved": {
        if (!known?.ports.has(event.port)) return this;
        const ports = known.ports.without(event.port);
        return this.#withLive(event.dpid, { ...known, ports });
      }
      default:
        return event satisfies never;
    }
  }

  /** Adds a host, or replaces one added at run time; refuses contradictions. */
  addHost(host: HostConfig): StateChange {
    const problems = contradictions(host, this.#facts);
    if (problems.length > 0) return { ok: false, problems };
    const { apiHosts, apiNames } = this.#withoutName(host.mac);
    const names = host.name === undefined ? apiNames : apiNames.with(host.name, host.mac);
    return {
      ok: true,
      state: this.#with({ apiHosts: apiHosts.with(host.mac, host), apiNames: names }),
    };
  }

  /** The host of this address that was added at run time. */
  addedHost(mac: number): HostConfig | undefined {
    return this.#facts.apiHosts.get(mac);
  }

  /** The MAC addresses of all hosts added at run time. */
  addedHosts(): Iterable<number> {
    return this.#facts.apiHosts.keys();
  }

  /** Whether a topology file names the host. */
  isHostOfFile(mac: number): boolean {
    return configIndex(this.#facts.config).hosts.has(mac);
  }

  /** Removes a host that was added at run time. */
  removeHost(mac: number): StateChange {
    if (this.isHostOfFile(mac)) {
      const remedy = "remove it from the file and send vtap a SIGHUP";
      return refused("mac", "the host is defined in a topology file", remedy);
    }
    if (!this.#facts.apiHosts.has(mac)) {
      return refused("mac", "there is no such host", "check the MAC address");
    }
    const { apiHosts, apiNames } = this.#withoutName(mac);
    return { ok: true, state: this.#with({ apiHosts: apiHosts.without(mac), apiNames }) };
  }

  /** Forgets an accepted switch that is gone for good. */
  forgetSwitch(dpid: Dpid): StateChange {
    const known = this.#facts.live.get(dpid);
    if (this.admission(dpid).state === "file") {
      const remedy = "remove it from the file and send vtap a SIGHUP";
      return refused("dpid", "a topology file names the switch", remedy);
    }
    if (!known) return refused("dpid", "there is no such switch", "check the datapath id");
    if (known.connected) {
      return refused("dpid", "the switch is connected", "remove OpenVTAP as its controller first");
    }
    const hosts = [...this.#facts.apiHosts.values()].filter((host) => host.dpid === dpid);
    if (hosts.length === 0) return { ok: true, state: this.#forget(dpid) };
    const names = hosts.map(({ name, mac }) => name ?? formatMac(mac)).join(", ");
    return refused("dpid", `hosts are attached to it: ${names}`, "delete or move them first");
  }

  /**
   * The accepted switches to forget when at most `most` disconnected ones are kept: those that
   * disconnected first. A switch with hosts added over REST is in use, and stays.
   */
  longAway(most: number): readonly Dpid[] {
    const { live, apiHosts } = this.#facts;
    const away = [...live].flatMap(([dpid, { connected }]) => {
      return !connected && this.admission(dpid).state === "accepted" ? [dpid] : [];
    });
    // Hosts may be very many: usually there is no need to look at them.
    if (away.length <= most) return [];
    const needed = new Set([...apiHosts.values()].map(({ dpid }) => dpid));
    const unused = away.filter((dpid) => !needed.has(dpid));
    return unused.slice(0, Math.max(0, unused.length - most));
  }

  /** The switches that stay known with other files or rules. */
  #admittedBy(config: TopologyConfig, rules: AdmissionRules): TopologyFacts["live"] {
    const { switches: named } = configIndex(config);
    return new Map(
      [...this.#facts.live].filter(([dpid, { connected }]) => {
        if (this.#tapBridge(dpid) !== undefined) return true;
        const { state } = admissionOf(dpid, named.has(dpid), rules);
        return state !== "refused" && (connected || state !== "quarantined");
      }),
    );
  }

  #tapBridge(dpid: Dpid): TapBridge | undefined {
    for (const each of this.#facts.tapBridges.values()) if (each.dpid === dpid) return each;
    return undefined;
  }

  /** The hosts added at run time, with the name of one of them free. */
  #withoutName(mac: number): Pick<TopologyFacts, "apiHosts" | "apiNames"> {
    const { apiHosts, apiNames } = this.#facts;
    const name = apiHosts.get(mac)?.name;
    return { apiHosts, apiNames: name === undefined ? apiNames : apiNames.without(name) };
  }

  #with(change: Partial<TopologyFacts>): TopologyState {
    return new TopologyState({ ...this.#facts, ...change }, this);
  }

  #withLive(dpid: Dpid, live: LiveSwitch): TopologyState {
    return this.#with({ live: new Map(this.#facts.live).set(dpid, live) });
  }

  /** The caller must ensure that nothing depends on it. */
  #forget(dpid: Dpid): TopologyState {
    const live = new Map(this.#facts.live);
    live.delete(dpid);
    return this.#with({ live });
  }
}

function refused(key: string, what: string, remedy: string): StateChange {
  return { ok: false, problems: [{ path: [key], what, remedy }] };
}

const NO_API_HOSTS: Pick<TopologyFacts, "apiHosts" | "apiNames"> = {
  apiHosts: PersistentMap.empty(),
  apiNames: PersistentMap.empty(),
};

/** Ports by number; those that are as in `before` are the same objects, down to the whole table. */
function portTable(
  ports: readonly Port[],
  before: PersistentMap<PortNo, Port> = PersistentMap.empty(),
): PersistentMap<PortNo, Port> {
  if (before.size === 0) return PersistentMap.from(ports.map((port) => [port.no, port] as const));
  let table = before;
  const gone = new Set(before.keys());
  for (const port of ports) {
    gone.delete(port.no);
    if (!samePort(table.get(port.no), port)) table = table.with(port.no, port);
  }
  for (const no of gone) table = table.without(no);
  return table;
}

function samePort(x: Port | undefined, y: Port): boolean {
  return (
    x !== undefined &&
    x.name === y.name &&
    x.hwAddr === y.hwAddr &&
    x.up === y.up &&
    x.noForward === y.noForward
  );
}

function sameCheck(before: MarkCheck | undefined, now: MarkCheck): boolean {
  return before?.mark === now.mark && before.obstacle === now.obstacle;
}
