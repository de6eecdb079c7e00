// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import {
  BRIDGE,
  INTERFACE,
  OPEN_VSWITCH,
  PORT,
  type Replica,
  type RowOf,
} from "../../ovsdb/index.ts";
import {
  type Dpid,
  type ForwardingProfile,
  type IpAddress,
  isBeside,
  type OverlayEnd,
  overlayFold,
  overlayPortName,
  parseIpAddress,
} from "../../topology/index.ts";
import { TAP_LABEL } from "../databases/bridge-settings.ts";
import type { TunnelPort } from "./desired-rows.ts";
import { markOf } from "./own-rows.ts";

/** How copies cross the network between bridges of OpenVTAP's own. */
export interface TunnelKind {
  readonly type: "geneve" | "vxlan" | "gre";
  /** Destination port of UDP; absent: GRE, which has none. */
  readonly port?: number;
  /** DSCP of the outer packets. */
  readonly dscp: number;
}

/** Kinds of tunnels, and the UDP ports that they have by default. @spec ovs-vswitchd.conf.db(5), table Interface, dst_port */
const DEFAULT_PORTS: Readonly<Record<string, number>> = { geneve: 6081, vxlan: 4789 };

/**
 * Tunnels of OpenVTAP have a UDP port of their own: Open vSwitch would hand copies to a tunnel of another application
 * that has the same port and names the other end, since that is the better match.
 */
export const DEFAULT_TUNNELS = { type: "geneve", port: 61_081 } as const;

/** That of traffic which yields to all other. @spec RFC 4594 §4.10 (low-priority data, CS1) */
export const DEFAULT_DSCP = 8;

/** The port for tunnels to any remote, with any key. */
export function tunnelPort(name: string, { type, port, dscp }: TunnelKind): TunnelPort {
  const options = new Map([
    ["remote_ip", "flow"],
    ["key", "flow"],
    // Better fragments of the outer packet than a copy that is lost.
    ["df_default", "false"],
    // The DSCP is in the upper six bits.
    ["tos", String(dscp * 4)],
  ]);
  if (port !== undefined) options.set("dst_port", String(port));
  return { name, type, options };
}

/** A bridge whose frames are handed over. */
interface EndedSource {
  readonly dpid: Dpid;
  readonly name: string;
  /** As its topology file states it. */
  readonly endpoint: string | undefined;
  /** Bytes of tapped frames of the database without their Ethernet headers, at most. */
  readonly mtu: number | undefined;
  /** The other such bridges of the database that come before it. */
  readonly others: readonly { readonly dpid: Dpid; readonly bridge: { readonly name: string } }[];
}

/** Where tunnels for copies end at the bridge that gets the frames of a switch, or why none does. */
export function overlayEnd(
  replica: Replica,
  tunnels: TunnelKind,
  label: string,
  { dpid, name, endpoint, mtu, others }: EndedSource,
): OverlayEnd {
  const alike = others.find((other) => overlayFold(other.dpid) === overlayFold(dpid));
  if (alike !== undefined) {
    return {
      obstacle: `bridges ${name} and ${alike.bridge.name} have datapath ids whose ports have the same keys in tunnels: give one another id (ovs-vsctl set bridge ${name} other_config:datapath-id=…)`,
    };
  }
  const obstacle = overlayObstacle(replica, tunnels, label);
  if (obstacle !== undefined) return { obstacle };
  const address = endpoint === undefined ? knownEndpoint(replica) : parseIpAddress(endpoint);
  if (address !== undefined) return { endpoint: address, ...defined({ mtu }) };
  return {
    obstacle: `the address at which tunnels end is not known on the machine of bridge ${name}: write { "beside": { "mirrors": true, "endpoint": "192.0.2.1" } }`,
  };
}

/** The endpoint that a topology file states for a switch. */
export function endpointOf(profile: ForwardingProfile | undefined): string | undefined {
  return isBeside(profile) && "mirrors" in profile.beside ? profile.beside.endpoint : undefined;
}

/** Why a database has no port for tunnels of OpenVTAP, a clause; undefined: it can have one. */
export function overlayObstacle(
  replica: Replica,
  tunnels: TunnelKind,
  label: string,
): string | undefined {
  const own = overlayPortName(markOf(label));
  for (const [, bridge] of replica.rows(BRIDGE)) {
    for (const uuid of bridge.ports) {
      const row = replica.row(PORT, uuid);
      if (row === undefined || row.externalIds.get(TAP_LABEL) === label) continue;
      const faces = [...row.interfaces].flatMap((each) => replica.row(INTERFACE, each) ?? []);
      const what = `port ${row.name} of bridge ${bridge.name}`;
      if (row.name === own || faces.some(({ name }) => name === own)) {
        return `${what} has the name ${own}, which the port for tunnels needs: remove it (ovs-vsctl del-port ${bridge.name} ${row.name})`;
      }
      if (faces.some((face) => isAlike(face, tunnels))) {
        const { type, port } = tunnels;
        const which = port === undefined ? type : `${type} to UDP port ${port}`;
        return `${what} is a tunnel of type ${which}, and would take copies that arrive: choose another kind of tunnel ("tapTunnels")`;
      }
    }
  }
  return undefined;
}

function isAlike(face: RowOf<typeof INTERFACE>, { type, port }: TunnelKind): boolean {
  return face.type === type && udpPort(face) === port;
}

function udpPort({
  type,
  options,
}: {
  readonly type: string;
  readonly options: ReadonlyMap<string, string>;
}) {
  const written = options.get("dst_port");
  return written === undefined ? DEFAULT_PORTS[type] : Number(written);
}

/** The address at which tunnels of the other application end: as OVN states it, or as all of its tunnels have it. */
function knownEndpoint(replica: Replica): IpAddress | undefined {
  for (const [, { externalIds }] of replica.rows(OPEN_VSWITCH)) {
    const [first] = (externalIds.get("ovn-encap-ip") ?? "").split(",");
    const address = parseIpAddress(first ?? "");
    if (address !== undefined) return address;
  }
  const found = new Set<string>();
  for (const [, { options }] of replica.rows(INTERFACE)) {
    const address = options.get("local_ip");
    if (address !== undefined && address !== "flow") found.add(address);
  }
  const [only, another] = found;
  return another === undefined ? parseIpAddress(only ?? "") : undefined;
}
