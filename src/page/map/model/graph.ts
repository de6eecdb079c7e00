// SPDX-License-Identifier: Apache-2.0
/** The network as the map draws it, made from the topology that REST shows. */
import type { HostView } from "../../../contract/hosts.ts";
import type { LinkView } from "../../../contract/links.ts";
import type { SwitchView } from "../../../contract/switches.ts";
import { grouped } from "./grouped.ts";

/** The members of the topology that the map uses. */
export interface MapTopology {
  readonly switches: readonly Pick<
    SwitchView,
    "dpid" | "name" | "connected" | "ports" | "admission"
  >[];
  readonly links: readonly LinkView[];
  readonly hosts: readonly HostView[];
}

export interface MapSwitch {
  readonly dpid: string;
  readonly name: string;
  readonly connected: boolean;
  readonly portsUp: number;
  readonly ports: number;
  readonly rows: readonly HostRow[];
}

/** up: carries frames. down: does not. doubtful: the controller does not use it, or only as a last resort. */
type LinkState = "up" | "down" | "doubtful";

export interface MapLink {
  readonly id: string;
  readonly a: LinkEnd;
  readonly b: LinkEnd;
  readonly state: LinkState;
  /** Which of `parallels` links between the same switches, from 0. */
  readonly parallel: number;
  readonly parallels: number;
  /** In words, if it is not up. */
  readonly problem?: string;
  /** It carries frames for known hosts, and no floods. */
  readonly isOutsideTree: boolean;
}

export interface LinkEnd {
  readonly dpid: string;
  readonly switch: string;
  /** Number, or the name of a port that the switch does not have. */
  readonly port: number | string;
}

export interface MapHost {
  readonly mac: string;
  readonly label: string;
  readonly dpid: string;
  readonly port: number | string;
  readonly isMonitor: boolean;
  readonly ips: readonly string[];
}

/** What hangs on a switch: one host, or all that are not shown one by one. */
export type HostRow =
  | { readonly kind: "host"; readonly host: MapHost }
  | { readonly kind: "fan"; readonly hosts: readonly MapHost[] };

export interface MapGraph {
  readonly switches: ReadonlyMap<string, MapSwitch>;
  readonly links: readonly MapLink[];
  readonly hosts: readonly MapHost[];
}

/** A switch shows its hosts one by one up to this number, */
const MOST_HOSTS_OF_SWITCH = 8;
/** if the network has no more than these. */
const MOST_HOSTS = 300;

/** MAC addresses of hosts that are shown even where hosts are aggregated: those of the selected policy. */
export type ShownHosts = ReadonlySet<string>;

/**
 * The graph of a topology, in an order that does not depend on the order of the topology's lists. `monitors` are the
 * MAC addresses that policies name as monitors.
 */
export function mapGraph(
  topology: MapTopology,
  options: { readonly monitors?: ShownHosts; readonly shown?: ShownHosts } = {},
): MapGraph {
  const monitors = options.monitors ?? new Set<string>();
  const hosts = topology.hosts
    .map((host) => mapHost(host, monitors))
    .sort((a, b) => compare(a.label, b.label) || compare(a.mac, b.mac));
  const bySwitch = grouped(hosts, ({ dpid }) => dpid);
  const aggregates = hosts.length > MOST_HOSTS;
  const switches = [...topology.switches].sort(
    (a, b) => compare(a.name, b.name) || compare(a.dpid, b.dpid),
  );
  return {
    switches: new Map(
      switches.map(({ dpid, name, connected, ports }) => [
        dpid,
        {
          ...{ dpid, name, connected, ...countPorts(ports) },
          rows: hostRows(bySwitch.get(dpid) ?? [], aggregates, options.shown ?? new Set()),
        },
      ]),
    ),
    links: mapLinks(topology.links),
    hosts,
  };
}

/** The port by which a switch reaches its own machine: nothing is plugged into it. @spec OpenFlow 1.4.1 §7.2.1.2 */
export const LOCAL_PORT = 0xffff_fffe;

/** Ports of a switch, apart from its own. */
export function countPorts(ports: SwitchView["ports"]): {
  readonly ports: number;
  readonly portsUp: number;
} {
  const outer = ports.filter(({ port }) => port !== LOCAL_PORT);
  return { ports: outer.length, portsUp: outer.filter(({ up }) => up).length };
}

function mapHost(host: HostView, monitors: ShownHosts): MapHost {
  return {
    mac: host.mac,
    label: host.name ?? host.ips[0] ?? host.mac,
    dpid: host.dpid,
    port: host.port,
    isMonitor: host.role === "monitor" || monitors.has(host.mac),
    ips: host.ips,
  };
}

/** Monitors and the hosts of the selected policy stay visible; the others become one fan. */
function hostRows(
  hosts: readonly MapHost[],
  aggregates: boolean,
  shown: ShownHosts,
): readonly HostRow[] {
  const row = (host: MapHost): HostRow => ({ kind: "host", host });
  if (!aggregates && hosts.length <= MOST_HOSTS_OF_SWITCH) return hosts.map(row);
  const single = hosts
    .filter(({ mac, isMonitor }) => shown.has(mac) || isMonitor)
    .sort((a, b) => Number(shown.has(b.mac)) - Number(shown.has(a.mac)))
    .slice(0, MOST_HOSTS_OF_SWITCH - 1);
  const rest = hosts.filter((host) => !single.includes(host));
  if (rest.length === 0) return single.map(row);
  if (rest.length === 1) return [...single, ...rest].map(row);
  return [{ kind: "fan", hosts: rest }, ...single.map(row)];
}

function mapLinks(links: readonly LinkView[]): readonly MapLink[] {
  const sorted = links
    .map((link) => (endKey(link.a) <= endKey(link.b) ? link : { ...link, a: link.b, b: link.a }))
    .sort((x, y) => compare(linkId(x), linkId(y)));
  const pairs = grouped(sorted, ({ a, b }) => `${a.dpid} ${b.dpid}`);
  return sorted.map((link) => {
    const parallel = pairs.get(`${link.a.dpid} ${link.b.dpid}`) ?? [];
    const state = stateOfLink(link);
    return {
      id: linkId(link),
      a: endOf(link.a),
      b: endOf(link.b),
      state,
      parallel: parallel.indexOf(link),
      parallels: parallel.length,
      isOutsideTree: state === "up" && link.role === "path",
      ...(state === "up" ? {} : { problem: link.problem ?? linkProblem(link) }),
    };
  });
}

function stateOfLink({ state, up, role }: LinkView): LinkState {
  if (state === "down") return "down";
  return up && role !== "blocked" ? "up" : "doubtful";
}

function linkProblem({ state, up }: LinkView): string {
  return {
    up: up ? "it would close a loop: it carries no frames" : "not used",
    down: "down",
    unidirectional: "probes pass in one direction only",
    selfLoop: "both ends are on one switch",
    shared: "more than two ports hear each other",
    contradicted: "a file or a client assigns one of its ports to something else",
  }[state];
}

const endOf = ({ dpid, switch: name, port }: LinkView["a"]): LinkEnd => ({
  dpid,
  switch: name,
  port,
});
const endKey = ({ dpid, port }: LinkView["a"]): string => `${dpid}/${port}`;
const linkId = ({ a, b }: LinkView): string => `${endKey(a)} ${endKey(b)}`;

const collator = new Intl.Collator("en", { numeric: true });

/** `s2` before `s10`. */
function compare(a: string, b: string): number {
  return collator.compare(a, b);
}

/** Whether one end of a link is this port; numbers and texts of numbers are equal. */
export function isEnd(end: LinkEnd, dpid: string, port: number | string): boolean {
  return end.dpid === dpid && String(end.port) === String(port);
}
