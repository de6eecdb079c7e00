import { formatMac } from "../../openflow/index.ts";
import type { RefusedEntries } from "../../reconcile/index.ts";
import {
  type Attachment,
  type Dpid,
  type ForwardingProfile,
  formatIpAddress,
  type Hop,
  type Host,
  type Link,
  type LinkState,
  type Port,
  type PortRole,
  type Switch,
  type Topology,
} from "../../topology/index.ts";
import type { ConflictHistoryView } from "./conflict-view.ts";

type Role = "equal" | "master" | "slave";

/** A live port as clients see it. */
export interface PortView {
  readonly port: number;
  readonly name: string;
  readonly mac: string;
  readonly up: boolean;
  readonly role: PortRole;
}

/** Where something is attached; the port's written name as long as the switch has no such port. */
export interface AttachmentView {
  readonly switch: string;
  readonly dpid: string;
  readonly port: number | string;
}

export interface LinkView {
  readonly a: AttachmentView;
  readonly b: AttachmentView;
  readonly weight: number;
  /** Where it is another one. */
  readonly copyWeight?: number;
  /** Whether it is used. */
  readonly up: boolean;
  readonly origin: "file" | "discovered";
  readonly state: LinkState;
  /** What is said against it. */
  readonly problem?: string;
  /** When it became so, as ISO 8601. */
  readonly since?: string;
}

export interface HostView extends AttachmentView {
  readonly name?: string;
  readonly mac: string;
  readonly ips: readonly string[];
  /** VLAN ids of its tagged frames; only of a learned host. */
  readonly vlans?: readonly number[];
  readonly origin: Host["origin"];
  /** Only of a learned host, and only in lists. */
  readonly lastSeen?: string;
  /** Only in lists; absent when there are none. */
  readonly conflicts?: readonly ConflictHistoryView[];
}

/** What a switch is to us, whether it is connected or not. */
export interface SwitchFactsView {
  readonly dpid: string;
  readonly name: string;
  /** Named in a topology file. */
  readonly configured: boolean;
  readonly admission: "file" | "accepted" | "quarantined" | "refused";
  readonly admissionReason: string;
  readonly forwarding: ForwardingProfile;
}

export interface SwitchView extends SwitchFactsView {
  readonly connected: boolean;
  readonly address?: string;
  readonly transport?: "tcp" | "tls";
  readonly certificate?: string;
  readonly role?: Role;
  readonly ports: readonly PortView[];
  /** Entries of ours that it does not hold as they are wanted, as last heard. */
  readonly refused: RefusedEntries;
}

export interface HopView {
  readonly switch: string;
  readonly dpid: string;
  readonly inPort?: number;
  readonly outPort?: number;
}

/** A port with what it is for. */
export function rolePortView(topology: Topology, dpid: Dpid, port: Port): PortView {
  const { no, name, hwAddr, up } = port;
  return { port: no, name, mac: formatMac(hwAddr), up, role: topology.portRole(dpid, no) };
}

/** What clients see of the session of a switch. */
export interface SessionFacts {
  readonly peer: string;
  readonly isTls?: boolean;
  readonly certificate?: string | undefined;
  readonly role?: Role | undefined;
}

export function switchFactsView({ dpid, name, forwarding, admission }: Switch): SwitchFactsView {
  const { state, why } = admission;
  const admitted = { configured: state === "file", admission: state, admissionReason: why };
  return { dpid, name, ...admitted, forwarding };
}

export function switchView(
  topology: Topology,
  found: Switch,
  { session, refused }: { session: SessionFacts | undefined; refused: RefusedEntries },
): SwitchView {
  const { dpid, connected } = found;
  const ports = [...found.ports.values()]
    .sort((x, y) => x.no - y.no)
    .map((port) => rolePortView(topology, dpid, port));
  const { forwarding, ...facts } = switchFactsView(found);
  const live = { connected, ...sessionView(session) };
  return { ...facts, ...live, forwarding, ports, refused };
}

function sessionView(session: SessionFacts | undefined) {
  if (!session) return {};
  const { peer: address, isTls = false, certificate, role } = session;
  const shown = {
    ...(certificate === undefined ? {} : { certificate }),
    ...(role === undefined ? {} : { role }),
  };
  return { address, transport: isTls ? "tls" : "tcp", ...shown } as const;
}

export function switchName(topology: Topology, dpid: Dpid): string {
  return topology.switches.get(dpid)?.name ?? dpid;
}

function attachmentView(topology: Topology, { dpid, port, written }: Attachment): AttachmentView {
  return { switch: switchName(topology, dpid), dpid, port: port ?? written };
}

export function linkView(topology: Topology, link: Link): LinkView {
  const a = attachmentView(topology, link.a);
  const b = attachmentView(topology, link.b);
  const { weight, copyWeight = weight, up, origin, state, problem } = link;
  return {
    a,
    b,
    weight,
    ...(copyWeight === weight ? {} : { copyWeight }),
    up,
    origin,
    state,
    ...(problem === undefined ? {} : { problem }),
  };
}

export function hostView(topology: Topology, host: Host): HostView {
  const name = host.name === undefined ? {} : { name: host.name };
  const { mac, ips, vlans, origin } = host;
  const tags = vlans === undefined ? {} : { vlans };
  const place = attachmentView(topology, host);
  return { ...name, mac: formatMac(mac), ips: ips.map(formatIpAddress), ...tags, ...place, origin };
}

export function hopView(topology: Topology, { dpid, inPort, outPort }: Hop): HopView {
  return {
    switch: switchName(topology, dpid),
    dpid,
    ...(inPort === undefined ? {} : { inPort }),
    ...(outPort === undefined ? {} : { outPort }),
  };
}
