// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import type { FlowSpec } from "../../src/flow-model/index.ts";
import { compileForwarding, originalActions } from "../../src/forwarding/index.ts";
import { type Action, type Match, match, output, Port } from "../../src/openflow/index.ts";
import type { FrameFields } from "../../src/packet/index.ts";
import type { CompileEnvironment } from "../../src/policy/compile/model/environment.ts";
import {
  type Group,
  type Groups,
  type Policy,
  type PolicyDocument,
  parseGroup,
  parsePolicy,
  type TapCompiler,
} from "../../src/policy/index.ts";
import {
  type FrameAt,
  learnedBridge,
  type NetworkParts,
  SimulatedNetwork,
} from "../../src/simulation/index.ts";
import {
  besideMarkText,
  type Dpid,
  type ForwardingProfile,
  type HostConfig,
  isBeside,
  type PortNo,
  parseIpAddress,
  type Topology,
  type TopologyConfig,
  TopologyState,
} from "../../src/topology/index.ts";
import { dpid, port } from "../topology/networks.ts";
import { type FrameShape, shapeArb, shapedFrame } from "./frame-shapes.ts";

/** A small network: the parent of each switch but the first, extra links, where hosts are. */
export interface Network {
  readonly profiles: readonly ForwardingProfile[];
  readonly parents: readonly number[];
  readonly extra: readonly (readonly [number, number])[];
  /** For each host the switch and whether it shares the port of the switch's first host. */
  readonly hosts: readonly {
    readonly at: number;
    readonly shared: boolean;
    /** Whether it has the role of a monitor; default: no. */
    readonly isMonitor?: boolean;
    /** The switch at which it has left a port; it is then learned, and no file names it. */
    readonly left?: number;
    readonly project?: string | undefined;
    /** The last number of its IP addresses; default: its own. */
    readonly address?: number;
  }[];
  /** Further hosts, named m1 and so on: their addresses may be in the ranges of tap marks. */
  readonly amongMarks?: readonly { readonly at: number; readonly mac: number }[];
  /** Whether the switches have reported their ports. */
  readonly connected?: boolean;
  /** Whether each of them also has a tunnel port. */
  readonly hasTunnels?: boolean;
  /** Which links are direct; default: none. */
  readonly direct?: "all" | "some";
  /** Whether no VLAN ids are reserved for tagged copies. */
  readonly lacksTags?: boolean;
  /** How many VLAN tags they parse, if they were asked: of connected switches. */
  readonly parsedTags?: number;
  /** Whether they read the ports of first fragments. */
  readonly fragments?: "match";
  /** Whether they report to be something other than Open vSwitch: of connected switches. */
  readonly arePlain?: boolean;
}

/** h1 and h2 on s1, h3 and h4 on s2. */
export const TWO_SWITCHES: Network = {
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [0, 0, 1, 1].map((at) => ({ at, shared: false })),
};

/** MAC address of the n-th host, from 1. */
export const mac = (host: number): number => 0xfa0000000000 + host;
const macText = (host: number) => `fa:00:00:00:00:${host.toString(16).padStart(2, "0")}`;
/** A port of every switch at which no host is known. */
export const SPARE_PORT = 90;
/** A port of every switch by which tunnels leave, where there are any. */
export const TUNNEL_PORT = 91;
/** The first of the ports that hosts have left: one for each host. */
const LEFT_PORT = 70;
/** The first of the ports of hosts whose addresses may be in the ranges of tap marks. */
const MARK_PORT = 80;
/** The first table of another application, and its entries there and in the next table. */
const FOREIGN_TABLE = 7;
const FOREIGN: readonly FlowSpec[] = [
  foreign(7, 10, match({ ethType: 0x0806 }), [
    { type: "nxResubmitTable", inPort: 0xfff8, tableId: 8 },
  ]),
  foreign(7, 0, [], [output(Port.Normal)]),
  foreign(8, 0, [], [output(Port.Normal)]),
];

const BESIDE: ForwardingProfile = { beside: { mark: "reg10[27]" } };
/**
 * The first table of an application that owns every table: it sets registers, reads bits beside the mark, drops, and
 * sends frames back where they came from.
 */
const PIPELINE: readonly FlowSpec[] = [
  foreign(0, 100, match({ reg10: { value: 1, mask: 1 } }), []),
  foreign(0, 90, match({ inPort: 1, ethType: 0x0806 }), [
    {
      type: "nxRegLoad",
      range: { ofs: 0, nBits: 4 },
      dst: { field: "reg10", hasMask: false },
      value: 6n,
    },
    { type: "nxResubmitTable", inPort: 0xfff8, tableId: 8 },
  ]),
  foreign(0, 80, match({ inPort: 2, ethDst: "ff:ff:ff:ff:ff:ff" }), [
    output(Port.InPort),
    output(Port.Normal),
  ]),
  foreign(0, 70, match({ inPort: 3, ethType: 0x86dd }), []),
  foreign(0, 0, [], [{ type: "nxResubmitTable", inPort: 0xfff8, tableId: FOREIGN_TABLE }]),
];

function foreign(
  table: number,
  priority: number,
  match: Match,
  actions: readonly Action[],
): FlowSpec {
  return { table, priority, match, category: "forwarding", actions };
}

/** Hosts of this number are in no topology. */
const STRANGER = 9;

const profileArb = fc.constantFrom<ForwardingProfile>("paths", "normal", { table: FOREIGN_TABLE });

/** Switches of one profile, or of all of them. */
const profilesArb = (size: number) =>
  fc.oneof(
    profileArb.map((profile) => Array.from({ length: size }, () => profile)),
    fc.array(profileArb, { minLength: size, maxLength: size }),
  );

export const networkArb: fc.Arbitrary<Network> = fc.integer({ min: 1, max: 4 }).chain((size) =>
  fc.record({
    profiles: profilesArb(size),
    parents: fc.tuple(
      ...Array.from({ length: size - 1 }, (_, index) => fc.integer({ min: 0, max: index })),
    ),
    extra: fc.array(
      fc.tuple(fc.integer({ min: 0, max: size - 1 }), fc.integer({ min: 0, max: size - 1 })),
      { maxLength: 2 },
    ),
    hosts: fc.array(
      fc.record({ at: fc.integer({ min: 0, max: size - 1 }), shared: fc.boolean() }),
      { minLength: 3, maxLength: 6 },
    ),
    connected: fc.boolean(),
    direct: fc.option(fc.constantFrom("all" as const, "all" as const, "some" as const), {
      nil: undefined,
      freq: 2,
    }),
    lacksTags: fc.boolean(),
  }),
) as fc.Arbitrary<Network>;

/** Networks where some hosts have the role of a monitor: those at ports of their own have tap ports. */
export const withTapPortsArb: fc.Arbitrary<Network> = fc
  .tuple(networkArb, fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }))
  .map(([network, areMonitors]) => ({
    ...network,
    hosts: network.hosts.map((host, n) => ({ ...host, isMonitor: areMonitors[n] === true })),
  }));

/** Networks where some hosts are learned, and have left a port. */
export const withFormerPlacesArb: fc.Arbitrary<Network> = fc
  .tuple(
    networkArb,
    fc.array(fc.option(fc.nat(10), { nil: undefined }), { minLength: 6, maxLength: 6 }),
  )
  .map(([network, left]) => ({
    ...network,
    connected: true,
    hosts: network.hosts.map((host, n) => {
      const at = left[n];
      return at === undefined ? host : { ...host, left: at % network.profiles.length };
    }),
  }));

/** Networks where another application owns every table of some switches. */
export const withBesideArb: fc.Arbitrary<Network> = fc
  .tuple(networkArb, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), fc.boolean())
  .map(([network, areBeside, hasTunnels]) => ({
    ...network,
    hasTunnels,
    connected: network.connected === true || hasTunnels,
    profiles: network.profiles.map((profile, n) => (areBeside[n] ? BESIDE : profile)),
  }));

/**
 * The topology of a network. Learning switches form no loop among themselves: OpenVTAP does not break
 * such loops.
 */
export function topologyOf(network: Network): Topology {
  const state = stateOf(network);
  if (!network.connected) return state.topology;
  const left = network.hosts.flatMap(({ left }, n) => (left === undefined ? [] : LEFT_PORT + n));
  const ports = [SPARE_PORT, ...(network.hasTunnels ? [TUNNEL_PORT] : []), ...left];
  const { parsedTags, arePlain = false } = network;
  const connected = checked(connect(state, ports, arePlain));
  if (parsedTags === undefined) return connected.topology;
  return [...connected.topology.switches.keys()].reduce(
    (now, dpid) => now.apply({ type: "tagsProbed", dpid, parsedTags }),
    connected,
  ).topology;
}

/** The state of a network before its switches connect. */
function stateOf(network: Network): TopologyState {
  const config = configOf(network);
  const isLearned = (_: HostConfig, n: number) => network.hosts[n]?.left !== undefined;
  const learned = config.hosts.flatMap((host, n) => {
    const left = network.hosts[n]?.left;
    if (left === undefined) return [];
    const former = { dpid: dpid(left + 1), port: (LEFT_PORT + n) as PortNo };
    const formerly = [{ ...former, isUsed: n % 2 === 0, isWatched: n % 2 === 1 }];
    const { mac, ips } = host;
    return [{ mac, ips, dpid: host.dpid, port: host.port as PortNo, vlans: [], formerly }];
  });
  const named = config.hosts.filter((host, n) => !isLearned(host, n));
  return TopologyState.empty
    .withConfig({ ...config, hosts: named })
    .withLearnedHosts(new Map(learned.map((host) => [host.mac, host])));
}

/** The content of a topology file for a network. */
export function configOf(network: Network): TopologyConfig {
  const learns = (at: number) => network.profiles[at] !== "paths";
  const ends = new Map<number, number>();
  const linkPort = (at: number) => {
    ends.set(at, (ends.get(at) ?? 0) + 1);
    return { dpid: dpid(at + 1), port: 50 + (ends.get(at) ?? 0) };
  };
  const pairs = [
    ...network.parents.map((parent, index) => [index + 1, parent] as const),
    ...network.extra.filter(([a, b]) => a !== b && !(learns(a) && learns(b))),
  ];
  const first = new Map<number, number>();
  const hosts = network.hosts.map(
    ({ at, shared, isMonitor, project, address }, index): HostConfig => {
      const number = index + 1;
      const own = first.get(at) ?? number;
      first.set(at, own);
      const last = address ?? number;
      const ips = [`10.0.0.${last}`, `fd00::${last}`].flatMap((ip) => parseIpAddress(ip) ?? []);
      const port = shared ? own : number;
      const use = {
        ...(isMonitor ? ({ role: "monitor" } as const) : { sharedPort: shared }),
        ...(project === undefined ? {} : { project }),
      };
      return { name: `h${number}`, mac: mac(number), ips, dpid: dpid(at + 1), port, ...use };
    },
  );
  const amongMarks = (network.amongMarks ?? []).map(({ at, mac }, n): HostConfig => {
    return { name: `m${n + 1}`, mac, ips: [], dpid: dpid(at + 1), port: MARK_PORT + n };
  });
  return {
    switches: network.profiles.map((forwarding, index) => ({
      dpid: dpid(index + 1),
      name: `s${index + 1}`,
      forwarding,
      ...(network.fragments === undefined ? {} : { fragments: network.fragments }),
    })),
    // Copies avoid some links that originals take.
    links: pairs.map(([a, b], index) => {
      const isDirect = network.direct === "all" || (network.direct === "some" && index % 2 === 0);
      const link = { a: linkPort(a), b: linkPort(b), weight: 1, direct: isDirect };
      return index % 2 === 0 ? { ...link, copyWeight: 5 } : link;
    }),
    hosts: [...hosts, ...amongMarks],
  };
}

/** The state after all switches reported their ports: those of hosts, of links, and `more`. */
function connect(state: TopologyState, more: readonly number[], isPlain: boolean): TopologyState {
  const { switches, links, hosts } = state.topology;
  const ends = [...links.flatMap(({ a, b }) => [a, b]), ...hosts.values()];
  let connected = state;
  for (const dpid of switches.keys()) {
    const own = ends.filter((each) => each.dpid === dpid).map(({ written }) => Number(written));
    const ports = [...new Set([...own, ...more])].map((no) => port(no));
    connected = connected.apply({ type: "switchConnected", dpid, ports, isPlain });
  }
  return connected;
}

/** The state after the entries of the applications that own every table of a switch have been read. */
function checked(state: TopologyState): TopologyState {
  let now = state;
  for (const { dpid, forwarding } of state.topology.switches.values()) {
    const mark = besideMarkText(forwarding);
    if (mark !== undefined) now = now.apply({ type: "markChecked", dpid, check: { mark } });
  }
  return now;
}

/** The input of a compile for a network besides the policies. */
export function environmentOf(topology: Topology, hasTags = true): CompileEnvironment {
  return {
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    ...(hasTags ? { tapVlans: { first: 3839, last: 4094 } } : {}),
    // What catches probes of ways must not concern any other frame.
    pathProbes: true,
  };
}

/** A network ready to be compiled for and simulated. */
export class Scenario {
  readonly topology: Topology;
  readonly environment: CompileEnvironment;
  readonly hasTags: boolean;

  constructor(network: Network) {
    this.hasTags = network.lacksTags !== true;
    this.topology = topologyOf(network);
    this.environment = environmentOf(this.topology, this.hasTags);
  }

  /** The network with a compiler's tables; default: without policies. */
  simulate(compiler?: TapCompiler, hash?: NetworkParts["hash"]): SimulatedNetwork {
    return new SimulatedNetwork({
      topology: this.topology,
      tables: this.tables(compiler),
      bridge: learnedBridge(this.topology),
      ...(hash === undefined ? {} : { hash }),
    });
  }

  /** All entries of each switch, including those of the other application. */
  tables(compiler?: TapCompiler): (at: Dpid) => readonly FlowSpec[] {
    const base = compileForwarding(this.topology);
    return (at) => {
      const isOthers = isBeside(this.topology.switches.get(at)?.forwarding);
      const others = isOthers ? [...PIPELINE, ...FOREIGN] : FOREIGN;
      return [...(base.get(at) ?? []), ...(compiler?.desired(at) ?? []), ...others];
    };
  }
}

/** `fc.oneof` with its alternatives widened to one type. */
export function oneOf<T>(
  ...choices: (fc.Arbitrary<NoInfer<T>> | fc.WeightedArbitrary<NoInfer<T>>)[]
) {
  return fc.oneof(...choices) as fc.Arbitrary<T>;
}

const hostNumber = fc.oneof(fc.integer({ min: 1, max: 6 }), fc.integer({ min: 1, max: 3 }));

type EndText = PolicyDocument["sender"];
type IdentifierText = Exclude<EndText, string | readonly unknown[]>;
type PartyText = "any" | IdentifierText;
type MonitorText = Exclude<PolicyDocument["monitors"][number], { balance: unknown }>;

/** The groups that policies of scenarios may name. */
const GROUPS: Groups = new Map(
  [
    { id: "hosts", members: [{ host: "h1" }, { host: "h2" }] },
    { id: "nets", members: ["10.0.0.0/30", "fd00::/126"] },
    { id: "mixed", members: [macText(1), "10.0.0.2", { host: "h3" }, { host: "h9" }] },
  ].map((document): [string, Group] => {
    const parsed = parseGroup(document);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return [document.id, parsed.value.group];
  }),
);

const groupName = fc.constantFrom("hosts", "nets", "mixed");

const partyArb = oneOf<PartyText>(
  { weight: 6, arbitrary: hostNumber.map((n) => ({ mac: macText(n) })) },
  hostNumber.map((n) => ({ host: `h${n}` })),
  hostNumber.map((n) => ({ ip: `10.0.0.${n}` })),
  hostNumber.map((n) => ({ ip: `fd00::${n}` })),
  hostNumber.map((n) => ({ mac: macText(n), ip: `10.0.0.${n}` })),
  fc.constantFrom("10.0.0.0/30", "10.0.0.4/30", "fd00::/126").map((ip) => ({ ip })),
  fc.constant({ mac: macText(STRANGER) }),
  { weight: 2, arbitrary: fc.constant("any" as const) },
);

/** Ports of hosts, and of links now and then. */
const portArb = fc.record({
  switch: fc.integer({ min: 1, max: 4 }).map((n) => `s${n}`),
  port: fc.oneof(
    { weight: 8, arbitrary: fc.integer({ min: 1, max: 6 }) },
    { weight: 1, arbitrary: fc.integer({ min: 51, max: 52 }) },
  ),
});

const endArb = oneOf<PartyText>(
  { weight: 8, arbitrary: partyArb },
  { weight: 3, arbitrary: portArb.map((port) => ({ port })) },
  fc.record({ mac: hostNumber.map(macText), port: portArb }),
);

/** Ends, now and then several. */
const endsArb = oneOf<EndText>(
  { weight: 5, arbitrary: endArb },
  fc
    .array(endArb, { minLength: 1, maxLength: 3 })
    .map((ends) => ends.flatMap((end) => (end === "any" ? [] : [end])))
    .map((ends) => (ends.length === 0 ? "any" : ends)),
  groupName.map((group) => ({ group })),
  fc.tuple(groupName, endArb).map(([group, end]) => [`@${group}`, ...(end === "any" ? [] : [end])]),
);

const monitorArb = oneOf<MonitorText>(
  { weight: 4, arbitrary: hostNumber.map((n) => ({ mac: macText(n) })) },
  hostNumber.map((n) => ({ host: `h${n}` })),
  hostNumber.map((n) => ({ ip: `10.0.0.${n}` })),
  portArb.map((port) => ({ port })),
);

/** Hosts that every network has. */
const placedArb = oneOf<PartyText>(
  fc.integer({ min: 1, max: 3 }).map((n) => ({ mac: macText(n) })),
  fc.integer({ min: 1, max: 3 }).map((n) => ({ host: `h${n}` })),
  fc.integer({ min: 1, max: 3 }).map((n) => ({ ip: `10.0.0.${n}` })),
);

export type Filters = Exclude<NonNullable<PolicyDocument["filters"]>, readonly unknown[]>;

const filterArb: fc.Arbitrary<Filters> = oneOf<Filters>(
  fc.constantFrom("arp", "ipv4", "ipv6", 0x88b5).map((value) => ({ eth_type: value })),
  fc.constantFrom("tcp", "udp", "icmp", 6).map((value) => ({ ip_proto: value })),
  fc.constant<Filters>({ ip_proto: ["tcp", "udp"] }),
  fc.constantFrom(80, "80-443", "8000-8003").map((value) => ({ tcp_dst: value })),
  fc.constant<Filters>({ tcp_dst: [80, "8000-8003"] }),
  fc.constantFrom(80, 53, "8000-8003").map((value) => ({ tcp_src: value })),
  fc.constantFrom(53, "0-79", "8000-8003").map((value) => ({ udp_dst: value })),
  fc.constantFrom<Filters>({ udp_src: [53, 80] }, { icmpv4_type: 8 }, { ip_ecn: 1 }),
  fc.constantFrom<Filters>({ icmpv4_type: 0 }, { icmpv6_type: 128 }, { ip_proto: "icmpv6" }),
  fc.constantFrom("no", "yes", "first", "later").map((v) => ({ ip_frag: v })),
  fc.constantFrom("10.0.0.0/30", "10.0.0.2", "10.0.0.2-10.0.0.5").map((v) => ({ ipv4_src: v })),
  fc.constantFrom("10.0.0.0/30", "10.0.0.1/255.0.0.1").map((v) => ({ ipv4_dst: v })),
  fc.constantFrom("fd00::/126", "fd00::2").map((v) => ({ ipv6_src: v })),
  fc.constantFrom("fd00::/126", "fd00::1").map((v) => ({ ipv6_dst: v })),
  fc.constantFrom(100, "none", "0/0", "100-103").map((v) => ({ vlan_vid: v })),
  fc.constantFrom(0, "2-5").map((v) => ({ vlan_pcp: v })),
  fc.constantFrom("ef", "be").map((v) => ({ ip_dscp: v })),
  fc.constantFrom("+syn-ack", "syn|ack", "-syn", 0, "0x10/0x11").map((v) => ({ tcp_flags: v })),
  fc.constantFrom(1, 64, "1-2").map((v) => ({ ip_ttl: v })),
  fc.constantFrom("@hosts", "@nets", "@mixed").map((v) => ({ ipv4_src: v })),
  fc.constantFrom("@nets", "@hosts").map((v) => ({ ipv6_dst: v })),
  fc.constantFrom("@mixed", "@hosts").map((v) => ({ eth_src: v })),
  fc.constant<Filters>({ arp_tpa: ["@hosts", "10.0.0.9"] }),
  fc.constantFrom("https", 53, "8000-8003").map((v) => ({ port: v })),
  fc.constantFrom("request", 2).map((v) => ({ arp_op: v })),
  fc.constantFrom("10.0.0.1", "10.0.0.0/30").map((v) => ({ arp_tpa: v })),
  fc.constantFrom(macText(1), "fa:00:00:00:00:00/ff:ff:ff:ff:ff:fc").map((v) => ({ eth_src: v })),
  fc
    .constantFrom("ff:ff:ff:ff:ff:ff", "01:00:00:00:00:00/01:00:00:00:00:00", macText(2))
    .map((v) => ({ eth_dst: v })),
  fc
    .constantFrom("01:80:c2:00:00:03", "01:80:c2:00:00:00/ff:ff:ff:ff:ff:f8")
    .map((v) => ({ eth_dst: v })),
  fc.constant({ tcp_dst: "*", ip_proto: "*" }),
);

export const filtersArb = fc
  .array(filterArb, { maxLength: 2 })
  .map((all): Filters => Object.assign({}, ...all));

/** Filters, now and then several of which any must hold. */
const anyFiltersArb = oneOf<Filters | Filters[]>(
  { weight: 5, arbitrary: filtersArb },
  fc.array(filtersArb, { minLength: 1, maxLength: 3 }),
);

/** How copies are carried. */
const transportArb = fc.constantFrom<NonNullable<PolicyDocument["copy"]>>(
  { delivery: "auto" },
  { delivery: "auto", rewriteIp: true },
  { delivery: "tag" },
  { delivery: "mark" },
  { delivery: "rewrite" },
);

export const policyArb = fc.record({
  sender: endsArb,
  receiver: endsArb,
  monitors: fc.array(monitorArb, { minLength: 1, maxLength: 2 }),
  direction: fc.constantFrom("forward" as const, "reverse" as const, "both" as const),
  filters: anyFiltersArb,
  exclude: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    fc.array(filterArb, { minLength: 1, maxLength: 2 }),
  ),
  copy: transportArb,
}) as fc.Arbitrary<PolicyDocument>;

/** Policies that mirror ports and hosts for few monitors, so that many request the same frames. */
export const mirrorArb = fc.record({
  sender: oneOf<PartyText>(
    fc.constant("any"),
    portArb.map((port) => ({ port })),
    hostNumber.map((n) => ({ mac: macText(n) })),
    fc.constant({ ip: "10.0.0.0/30" }),
  ),
  receiver: oneOf<PartyText>(
    portArb.map((port) => ({ port })),
    fc.constant("any"),
    hostNumber.map((n) => ({ host: `h${n}` })),
  ),
  monitors: fc.constantFrom(1, 2).map((n) => [{ host: `h${n}` }]),
  direction: fc.constantFrom("forward" as const, "both" as const, "both" as const),
  filters: oneOf<Filters>({ weight: 3, arbitrary: fc.constant({}) }, filterArb),
  exclude: oneOf<Filters[]>(
    { weight: 3, arbitrary: fc.constant([]) },
    filterArb.map((filters) => [filters]),
  ),
}) as fc.Arbitrary<PolicyDocument>;

/** Any policies, with some treatments. */
export const anyTreatedArb = fc
  .record({
    policy: fc.oneof(policyArb, mirrorArb),
    truncate: fc.constantFrom(undefined, 20, 40),
    sample: fc.constantFrom(undefined, 0.5),
    isSet: fc.boolean(),
  })
  .map(({ policy, truncate, sample, isSet }): PolicyDocument => {
    const cut = truncate === undefined ? {} : { truncate };
    const copy = { ...cut, ...(sample === undefined ? {} : { sample }) };
    if (!isSet) return { ...policy, copy };
    const balance = policy.monitors.flatMap((each) => ("balance" in each ? [] : [each]));
    return { ...policy, copy, monitors: [{ balance }] };
  });

/** Policies of placed senders and receivers, with all treatments. */
export const treatedArb = fc
  .record({
    sender: placedArb,
    receiver: placedArb,
    monitors: fc.array(
      oneOf<PolicyDocument["monitors"][number]>(
        monitorArb,
        fc
          .uniqueArray(hostNumber, { minLength: 1, maxLength: 3 })
          .map((hosts) => ({ balance: hosts.map((n) => ({ host: `h${n}` })) })),
      ),
      { minLength: 1, maxLength: 2 },
    ),
    direction: fc.constantFrom("forward" as const, "reverse" as const, "both" as const),
    filters: oneOf<Filters>({ weight: 3, arbitrary: fc.constant({}) }, filterArb),
    transport: transportArb,
    truncate: fc.constantFrom(undefined, 20, 40),
    sample: fc.constantFrom(undefined, 0.25, 0.5),
    rateLimit: fc.constantFrom(undefined, undefined, { kbps: 1000 }, { pps: 100 }),
  })
  .map(({ transport, truncate, sample, rateLimit, ...rest }): PolicyDocument => {
    const cut = truncate === undefined ? {} : { truncate };
    const part = sample === undefined ? {} : { sample };
    return { ...rest, copy: { ...transport, ...cut, ...part, ...(rateLimit && { rateLimit }) } };
  });

/** Documents as policies `p0`, `p1`, …; contradictory ones are left out. */
export function policiesOf(documents: readonly PolicyDocument[]): Policy[] {
  return documents.flatMap((document, index) => {
    const parsed = parsePolicy({ ...document, id: `p${index}` }, [], undefined, GROUPS);
    return parsed.ok ? [parsed.value.policy] : [];
  });
}

/** A generated frame; `in` selects the port by which it enters. */
export interface FramePlan {
  readonly in: number;
  readonly fields: Partial<FrameFields>;
  readonly shape: FrameShape;
}

const addressArb = fc.oneof(
  { weight: 5, arbitrary: hostNumber },
  { weight: 1, arbitrary: fc.constant(STRANGER) },
);
const destinationArb = fc.oneof(
  { weight: 8, arbitrary: addressArb.map(mac) },
  { weight: 2, arbitrary: fc.constantFrom(0xffffffffffff, 0x01005e000001) },
  { weight: 1, arbitrary: fc.constantFrom(0x0180c2000000, 0x0180c2000003) },
);
const l4Port = fc.constantFrom(80, 443, 53, 8000, 8003, 8004);

const l4Arb: fc.Arbitrary<Partial<FrameFields>> = fc.oneof(
  fc.record({
    ipProto: fc.constant(6),
    tcpSrc: l4Port,
    tcpDst: l4Port,
    tcpFlags: fc.constantFrom(0x10, 0x02, 0x12, 0x18, 0x11, 0),
  }),
  fc.record({ ipProto: fc.constant(17), udpSrc: l4Port, udpDst: l4Port }),
  fc.constantFrom({ ipProto: 1, icmpv4Type: 8, icmpv4Code: 0 }, { ipProto: 47 }),
  fc.constantFrom({ ipProto: 1, icmpv4Type: 0 }, { ipProto: 58, icmpv6Type: 128 }),
);

const fragmentArb = fc.constantFrom<Partial<FrameFields>>(
  {},
  {},
  {},
  {},
  { ipFrag: 1 },
  { ipFrag: 3 },
);
const ipArb = fc
  .tuple(
    fc.record({
      ipDscp: fc.constantFrom(0, 46, 10),
      ipEcn: fc.constantFrom(0, 1),
      ipTtl: fc.constantFrom(64, 1, 2),
    }),
    fragmentArb,
  )
  .map(([ip, fragment]) => ({ ...ip, ...fragment }));
const ipv4 = addressArb.map((n) => 0x0a000000 + n);
const ipv6 = addressArb.map((n) => 0xfd000000_00000000_00000000_00000000n + BigInt(n));

const payloadArb: fc.Arbitrary<Partial<FrameFields>> = fc.oneof(
  fc
    .tuple(fc.record({ ethType: fc.constant(0x0800), ipv4Src: ipv4, ipv4Dst: ipv4 }), ipArb, l4Arb)
    .map((parts) => Object.assign({}, ...parts)),
  fc
    .tuple(fc.record({ ethType: fc.constant(0x86dd), ipv6Src: ipv6, ipv6Dst: ipv6 }), ipArb, l4Arb)
    .map((parts) => Object.assign({}, ...parts)),
  fc.record({
    ethType: fc.constant(0x0806),
    arpOp: fc.constantFrom(1, 2),
    arpSpa: ipv4,
    arpTpa: ipv4,
  }),
  fc.constant({ ethType: 0x88b5 }),
);

const tagArb: fc.Arbitrary<Partial<FrameFields>> = fc.oneof(
  { weight: 2, arbitrary: fc.constant({ vlanVid: 0 }) },
  fc.record({
    vlanVid: fc.constantFrom(0x1000 + 100, 0x1000 + 103, 0x1000 + 7),
    vlanPcp: fc.constantFrom(0, 3),
  }),
);

export const frameArb: fc.Arbitrary<FramePlan> = fc
  .tuple(
    fc.nat(100),
    fc.boolean(),
    fc.record({ ethSrc: addressArb.map(mac), ethDst: destinationArb }),
    tagArb,
    payloadArb,
    shapeArb,
  )
  .map(([port, forged, addresses, tag, payload, shape]) => ({
    in: forged ? port : -1,
    fields: { ...addresses, ...tag, ...payload },
    shape,
  }));

const SPARE = SPARE_PORT as PortNo;

/** A frame at the edge port by which it enters: its sender's, or any if it is forged. */
export function enter({ in: pick, fields, shape }: FramePlan, topology: Topology): FrameAt {
  const ports = [...topology.switches.keys()].flatMap((at) => [
    ...topology.edgePorts(at).map((port) => ({ dpid: at, port })),
    ...(topology.edgePorts(at).includes(SPARE) ? [] : [{ dpid: at, port: SPARE }]),
  ]);
  const home = topology.hostByMac(Number(fields.ethSrc));
  const chosen = ports[Math.abs(pick) % ports.length];
  if (pick < 0 && home?.port !== undefined) {
    return { dpid: home.dpid, port: home.port, bytes: shapedFrame(fields, shape) };
  }
  if (chosen === undefined) throw new Error("a network without ports");
  return { ...chosen, bytes: shapedFrame(fields, shape) };
}

/** A frame at a port as text: equal for equal frames. */
export function frameText({ dpid, port, bytes }: FrameAt): string {
  return `${dpid}/${port} ${Buffer.from(bytes).toString("hex")}`;
}
