// SPDX-License-Identifier: Apache-2.0
import type { AttachmentView } from "../../contract/attachment.ts";
import type { HostView } from "../../contract/hosts.ts";
import type { LinkView } from "../../contract/links.ts";
import type { PortView, RoleName, SwitchFacts, SwitchView } from "../../contract/switches.ts";
import type { HopView } from "../../contract/topology.ts";
import { defined } from "../../lang/defined.ts";
import { ConfigFlags, formatMac } from "../../openflow/index.ts";
import {
  type Attachment,
  type Dpid,
  formatIpAddress,
  type Hop,
  type Host,
  type Link,
  type Port,
  type PortAt,
  type Switch,
  type Topology,
} from "../../topology/index.ts";

/** A port with its role. */
export function rolePortView(topology: Topology, dpid: Dpid, port: Port): PortView {
  const { no, name, hwAddr, up } = port;
  return { port: no, name, mac: formatMac(hwAddr), up, role: topology.portRole(dpid, no) };
}

/** The part of a switch's session that clients see. */
interface SessionFacts {
  readonly peer: string;
  readonly isTls?: boolean;
  readonly certificate?: string | undefined;
  readonly role?: RoleName | undefined;
  /** The flags of its configuration. */
  readonly configFlags: number;
}

/** By the flags of a switch's configuration. */
const FRAGMENT_MODES = ["normal", "drop", "reassemble", "match"] as const;

export function switchFactsView(found: Switch): SwitchFacts {
  const { dpid, name, forwarding, admission, project } = found;
  const { state, why } = admission;
  const admitted = { configured: state === "file", admission: state, admissionReason: why };
  return { dpid, name, ...admitted, ...defined({ project }), forwarding };
}

/** What clients see of a switch besides its place in the topology and its session. */
type SwitchEntries = Pick<SwitchView, "refused" | "overriding" | "forgedFrames" | "ovsdb">;

export function switchView(
  topology: Topology,
  found: Switch,
  { session, ...entries }: SwitchEntries & { readonly session: SessionFacts | undefined },
): SwitchView {
  const { dpid, connected } = found;
  const ports = [...found.ports.values()]
    .sort((x, y) => x.no - y.no)
    .map((port) => rolePortView(topology, dpid, port));
  const { forwarding, ...facts } = switchFactsView(found);
  const live = { connected, ...sessionView(session) };
  const read = defined({ markRead: found.markCheck?.obstacle });
  return { ...facts, ...live, forwarding, ports, ...entries, ...read };
}

function sessionView(session: SessionFacts | undefined) {
  if (!session) return {};
  const { peer: address, isTls = false, certificate, role, configFlags } = session;
  const fragmentMode = FRAGMENT_MODES[configFlags & ConfigFlags.FragMask];
  const shown = defined({ certificate, role, fragmentMode });
  return { address, transport: isTls ? "tls" : "tcp", ...shown } as const;
}

export function switchName(topology: Topology, dpid: Dpid): string {
  return topology.switches.get(dpid)?.name ?? dpid;
}

/** A port as messages name it. */
export function portLabel(topology: Topology, { dpid, port }: PortAt): string {
  const name = topology.switches.get(dpid)?.ports.get(port)?.name;
  const label = name ? `${port} (${name})` : String(port);
  return `port ${label} of switch ${switchName(topology, dpid)}`;
}

function attachmentView(topology: Topology, { dpid, port, written }: Attachment): AttachmentView {
  return { switch: switchName(topology, dpid), dpid, port: port ?? written };
}

export function linkView(topology: Topology, link: Link): LinkView {
  const a = attachmentView(topology, link.a);
  const b = attachmentView(topology, link.b);
  const { weight, copyWeight = weight, direct, up, origin, state, problem } = link;
  return {
    a,
    b,
    weight,
    ...(copyWeight === weight ? {} : { copyWeight }),
    direct,
    up,
    origin,
    state,
    ...(problem === undefined ? {} : { problem }),
  };
}

/** The directions of the links whose ports are known. */
export function* linkEnds(topology: Topology): Generator<{ from: PortAt; to: PortAt }> {
  for (const { a, b } of topology.links) {
    if (a.port === undefined || b.port === undefined) continue;
    const [one, other] = [
      { dpid: a.dpid, port: a.port },
      { dpid: b.dpid, port: b.port },
    ];
    yield { from: one, to: other };
    yield { from: other, to: one };
  }
}

export function hostView(topology: Topology, host: Host): HostView {
  const { name, mac, ips, vlans, role, sharedPort, origin } = host;
  const { iface, workloads, network } = host;
  const texts = { mac: formatMac(mac), ips: ips.map(formatIpAddress) };
  const place = attachmentView(topology, host);
  const project = projectOf(topology, host);
  const stated = {
    ...defined({ name, vlans, role, sharedPort, project }),
    ...defined({ iface, workloads, network }),
  };
  return { ...stated, ...texts, ...place, origin };
}

/** The project that is stated of a host; of a learned one, the project of its port. */
export function projectOf(
  topology: Topology,
  { project, origin, dpid, port }: Host,
): string | undefined {
  return origin === "learned" && port !== undefined ? topology.projectAt(dpid, port) : project;
}

export function hopView(topology: Topology, { dpid, inPort, outPort }: Hop): HopView {
  return {
    switch: switchName(topology, dpid),
    dpid,
    ...(inPort === undefined ? {} : { inPort }),
    ...(outPort === undefined ? {} : { outPort }),
  };
}
