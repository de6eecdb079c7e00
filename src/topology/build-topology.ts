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
  /** Hosts added at run time, by MAC address. */
  readonly apiHosts: ReadonlyMap<number, HostConfig>;
  readonly live: ReadonlyMap<Dpid, LiveSwitch>;
}

/** Holds what was configured against what is live. `previous`: see `Topology`. */
export function buildTopology(facts: TopologyFacts, previous: Topology | undefined): Topology {
  const switches = buildSwitches(facts);
  const ports = new PortResolver(switches);
  const links = facts.config.links.map((link): Link => {
    const [a, b] = [ports.attach(link.a), ports.attach(link.b)];
    return { a, b, weight: link.weight, up: ports.mayCarry(a) && ports.mayCarry(b) };
  });
  const hosts = new Map<number, Host>();
  const place = (host: HostConfig, origin: Host["origin"]) => {
    const { name, mac, ips } = host;
    const named = name === undefined ? {} : { name };
    hosts.set(mac, { ...named, mac, ips, origin, ...ports.attach(host) });
  };
  for (const host of facts.config.hosts) place(host, "file");
  for (const host of facts.apiHosts.values()) place(host, "api");
  return new Topology({ switches, links, hosts }, previous);
}

function buildSwitches({ config, live }: TopologyFacts): Map<Dpid, Switch> {
  const switches = new Map<Dpid, Switch>();
  for (const { dpid, name = dpid, forwarding } of config.switches) {
    switches.set(dpid, { dpid, name, forwarding, configured: true, ...liveParts(live.get(dpid)) });
  }
  for (const [dpid, facts] of live) {
    if (switches.has(dpid)) continue;
    const stranger = { name: dpid, forwarding: "paths", configured: false } as const;
    switches.set(dpid, { dpid, ...stranger, ...liveParts(facts) });
  }
  return switches;
}

function liveParts(live: LiveSwitch | undefined) {
  const { connected, ports } = live ?? { connected: false, ports: new Map<PortNo, Port>() };
  return { connected, ports, portsKnown: live !== undefined };
}

/** Finds the live ports that port references mean. */
class PortResolver {
  readonly #switches: ReadonlyMap<Dpid, Switch>;
  readonly #byName = new Map<Dpid, ReadonlyMap<string, PortNo>>();

  constructor(switches: ReadonlyMap<Dpid, Switch>) {
    this.#switches = switches;
  }

  attach({ dpid, port: written }: PortReference): Attachment {
    if (typeof written === "string") return { dpid, port: this.#named(dpid, written), written };
    const found = this.#switches.get(dpid);
    const believed = !found?.portsKnown || found.ports.has(written as PortNo);
    return { dpid, port: believed ? (written as PortNo) : undefined, written };
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
