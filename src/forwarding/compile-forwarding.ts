import { type Match, match } from "../openflow/index.ts";
import { type ActionSpec, Band, type FlowSpec, TAP_TABLE } from "../pipeline/index.ts";
import type { Dpid, Host, PortNo, Topology } from "../topology/index.ts";
import { floodActions, originalActions, portToward, RESERVED_MACS } from "./original.ts";

/**
 * Order of precedence on a switch of profile `paths`, as offsets into the forwarding band:
 * frames no bridge forwards, links that would close a loop, known hosts, floods that arrive by a
 * link outside the tree, and the flood of everything else.
 */
const Offset = { reserved: 300, blockedLink: 200, knownHost: 100, pathLink: 50, flood: 0 } as const;

/** Matches every frame. */
const ANY: Match = [];
const DROP: readonly ActionSpec[] = [];

/**
 * The flow entries of base forwarding for every configured switch, by dpid.
 *
 * Profile `paths`: frames for a known host take the shortest path; all others (broadcast, multicast,
 * unknown, or for a host that cannot be reached) are flooded along the spanning tree and reach every
 * port once. A frame never leaves by the port it came in. Profile `normal`: the switch's own
 * learning. `{ table: N }`: the other application's tables.
 */
export function compileForwarding(topology: Topology): Map<Dpid, readonly FlowSpec[]> {
  const hosts = matchHosts(topology);
  const tables = new Map<Dpid, readonly FlowSpec[]>();
  for (const { dpid, configured } of topology.switches.values()) {
    if (configured) tables.set(dpid, compileSwitch(topology, dpid, hosts));
  }
  return tables;
}

/** A known host with its match, which is the same on every switch. */
interface MatchedHost {
  readonly host: Host;
  readonly match: Match;
}

function matchHosts(topology: Topology): readonly MatchedHost[] {
  const hosts = [...topology.hosts.values()].filter(({ port }) => port !== undefined);
  hosts.sort((x, y) => x.mac - y.mac);
  return hosts.map((host) => ({ host, match: match({ ethDst: host.mac }) }));
}

function compileSwitch(
  topology: Topology,
  dpid: Dpid,
  hosts: readonly MatchedHost[],
): readonly FlowSpec[] {
  if (topology.switches.get(dpid)?.forwarding !== "paths") {
    // The same whatever the frame is: the switch, or another application, decides.
    const actions = originalActions(topology, dpid, undefined, 0);
    return [flow(Band.tableMiss, ANY, actions)];
  }
  return [
    flow(Band.forwarding + Offset.reserved, match({ ethDst: RESERVED_MACS }), DROP),
    ...linkDrops(topology, dpid),
    ...hostFlows(topology, dpid, hosts),
    flow(Band.forwarding + Offset.flood, ANY, floodActions(topology, dpid)),
  ];
}

/** By a link outside the tree come no floods; by a blocked one comes nothing. */
function linkDrops(topology: Topology, dpid: Dpid): FlowSpec[] {
  return topology.linkPorts(dpid).flatMap(([inPort, role]) => {
    if (role === "tree") return [];
    const offset = role === "blocked" ? Offset.blockedLink : Offset.pathLink;
    return [flow(Band.forwarding + offset, match({ inPort }), DROP)];
  });
}

function hostFlows(topology: Topology, dpid: Dpid, hosts: readonly MatchedHost[]): FlowSpec[] {
  const outputs = new Map<PortNo, readonly ActionSpec[]>();
  const flows: FlowSpec[] = [];
  for (const { host, match } of hosts) {
    const port = portToward(topology, dpid, host);
    if (port === undefined) continue;
    const actions = outputs.get(port) ?? originalActions(topology, dpid, undefined, host.mac);
    outputs.set(port, actions);
    flows.push(flow(Band.forwarding + Offset.knownHost, match, actions));
  }
  return flows;
}

function flow(priority: number, match: Match, actions: readonly ActionSpec[]): FlowSpec {
  return { table: TAP_TABLE, priority, match, category: "forwarding", actions };
}
