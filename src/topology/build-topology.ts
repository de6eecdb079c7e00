import { type AdmissionRules, admissionOf, isProgrammed } from "./admission.ts";
import type { LearnedHost } from "./discovery/host-entry.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import type {
  Attachment,
  Host,
  HostConfig,
  Link,
  Port,
  PortReference,
  Switch,
  TopologyConfig,
} from "./model.ts";
import { Topology } from "./topology.ts";

/** What is known of a switch that has connected at least once. */
export interface LiveSwitch {
  readonly connected: boolean;
  readonly ports: ReadonlyMap<PortNo, Port>;
}

/** All that is known of the network, as it was told. */
export interface TopologyFacts {
  readonly config: TopologyConfig;
  readonly admission: AdmissionRules;
  /** Hosts added at run time, by MAC address. */
  readonly apiHosts: ReadonlyMap<number, HostConfig>;
  /** Hosts learned from their frames, by MAC address; a host of the same address above precedes. */
  readonly learnedHosts: ReadonlyMap<number, LearnedHost>;
  readonly live: ReadonlyMap<Dpid, LiveSwitch>;
  /** Whether links and hosts are discovered. */
  readonly discovers: boolean;
}

/** A topology with the facts it was made of. */
export interface BuiltTopology {
  readonly facts: TopologyFacts;
  readonly topology: Topology;
}

/**
 * Holds what was configured against what is live. What is as it was in `previous` is taken over: the
 * same objects, down to whole collections, so that comparing two snapshots costs what changed.
 */
export function buildTopology(facts: TopologyFacts, previous?: BuiltTopology): Topology {
  const before = previous?.topology ?? Topology.empty;
  const switches = buildSwitches(facts, before.switches);
  const { links, hosts } = attachAll(facts, switches, previous);
  const { discovers } = facts;
  return new Topology({ switches, links, hosts, discovers }, previous?.topology);
}

function buildSwitches(
  { config, live, admission: rules }: TopologyFacts,
  before: ReadonlyMap<Dpid, Switch>,
): ReadonlyMap<Dpid, Switch> {
  const switches = new Map<Dpid, Switch>();
  const add = (now: Switch) => {
    const old = before.get(now.dpid);
    switches.set(now.dpid, old && sameSwitch(old, now) ? old : now);
  };
  for (const { dpid, name = dpid, forwarding } of config.switches) {
    const admission = admissionOf(dpid, true, rules);
    add({ dpid, name, forwarding, admission, programmed: true, ...liveParts(live.get(dpid)) });
  }
  // By datapath id: nothing may depend on the order in which they came.
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

function liveParts(live: LiveSwitch | undefined) {
  const { connected, ports } = live ?? { connected: false, ports: NO_PORTS };
  return { connected, ports, portsKnown: live !== undefined };
}

function sameSwitch(x: Switch, y: Switch): boolean {
  return (
    x.name === y.name &&
    x.forwarding === y.forwarding &&
    x.programmed === y.programmed &&
    x.admission.state === y.admission.state &&
    x.admission.why === y.admission.why &&
    x.connected === y.connected &&
    hasSamePorts(x, y)
  );
}

/** Nothing is attached to a switch that is not programmed. */
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
  if (isListSame && arePortsSame) return before;
  const ports = new PortResolver(switches);
  const links = attachLinks(facts, ports, before);
  const areHostsSame = isListSame && hostsStay(before.hosts, ports);
  return { links, hosts: areHostsSame ? before.hosts : attachHosts(facts, ports, before) };
}

function attachLinks({ config }: TopologyFacts, ports: PortResolver, before: Topology) {
  const links = config.links.map((link, index): Link => {
    const [a, b] = [ports.attach(link.a), ports.attach(link.b)];
    const now = { a, b, ...weightsOf(link), up: ports.mayCarry(a) && ports.mayCarry(b) };
    const old = before.links[index];
    return old && sameLink(old, now) ? old : now;
  });
  return keptArray(before.links, links);
}

/** There may be very many hosts: the usual answer must not cost a new collection. */
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
    const optional = { ...(name === undefined ? {} : { name }), ...(vlans ? { vlans } : {}) };
    hosts.set(mac, isSame ? old : { ...optional, mac, ips, origin, dpid, port, written });
  };
  for (const host of config.hosts) add(host, "file");
  for (const host of apiHosts.values()) add(host, "api");
  for (const host of learnedHosts.values()) if (!hosts.has(host.mac)) add(host, "learned");
  return hosts;
}

function weightsOf({ weight, copyWeight }: Pick<Link, "weight" | "copyWeight">) {
  return { weight, ...(copyWeight === undefined ? {} : { copyWeight }) };
}

function sameLink(x: Link, y: Link): boolean {
  return (
    x.up === y.up &&
    x.weight === y.weight &&
    x.copyWeight === y.copyWeight &&
    samePlace(x.a, y.a) &&
    samePlace(x.b, y.b)
  );
}

function samePlace(x: Attachment, y: Attachment): boolean {
  return x.dpid === y.dpid && x.port === y.port && x.written === y.written;
}

function keptArray<T>(before: readonly T[], now: readonly T[]): readonly T[] {
  const isSame = before.length === now.length && now.every((item, index) => item === before[index]);
  return isSame ? before : now;
}

/** Finds the live ports that port references mean. */
class PortResolver {
  readonly #switches: ReadonlyMap<Dpid, Switch>;
  readonly #byName = new Map<Dpid, ReadonlyMap<string, PortNo>>();

  constructor(switches: ReadonlyMap<Dpid, Switch>) {
    this.#switches = switches;
  }

  attach({ dpid, port: written }: PortReference): Attachment {
    return { dpid, port: this.find(dpid, written), written };
  }

  /** The number of the port; undefined when there is no such port (yet). */
  find(dpid: Dpid, written: number | string): PortNo | undefined {
    if (typeof written === "string") return this.#named(dpid, written);
    const found = this.#switches.get(dpid);
    const isBelieved = !found?.portsKnown || found.ports.has(written as PortNo);
    return isBelieved ? (written as PortNo) : undefined;
  }

  /** Whether frames may pass the port: it exists and is not known to be down. */
  mayCarry({ dpid, port }: Attachment): boolean {
    if (port === undefined) return false;
    return this.#switches.get(dpid)?.ports.get(port)?.up ?? true;
  }

  #named(dpid: Dpid, name: string): PortNo | undefined {
    let names = this.#byName.get(dpid);
    if (!names) {
      const ports = this.#switches.get(dpid)?.ports.values() ?? [];
      names = new Map([...ports].map((port) => [port.name, port.no]));
      this.#byName.set(dpid, names);
    }
    return names.get(name);
  }
}
