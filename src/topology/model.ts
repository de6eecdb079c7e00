import type { Admission } from "./admission.ts";
import type { DiscoveredLinkState } from "./discovery/discovered.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import type { ForwardingProfile } from "./forwarding-profile.ts";
import type { IpAddress } from "./ip-address.ts";

/** Who told us: a topology file or a REST client. */
export type Origin = "file" | "api";

/** A live port of a switch, as the switch reports it. */
export interface Port {
  readonly no: PortNo;
  /** The OpenFlow port name; "" when the switch gives none. */
  readonly name: string;
  readonly hwAddr: number;
  /** Neither administratively down nor without a link. */
  readonly up: boolean;
}

/** A switch: one named in a file, or one that connected without being named. */
export interface Switch {
  readonly dpid: Dpid;
  /** The configured name, or the dpid when it has none. */
  readonly name: string;
  readonly forwarding: ForwardingProfile;
  /** What it is to us, and why. */
  readonly admission: Admission;
  /** Whether we program it; one that we do not is visible, left alone, and on no path. */
  readonly programmed: boolean;
  readonly connected: boolean;
  /** Last known ports; empty (and `portsKnown` false) before the first connect. */
  readonly ports: ReadonlyMap<PortNo, Port>;
  readonly portsKnown: boolean;
  /** It has said that it is something else than Open vSwitch, and so lacks its extensions. */
  readonly isPlain: boolean;
  /** Ports of which link discovery does not know yet what they lead to. */
  readonly probing: ReadonlySet<PortNo>;
}

/** Where something is attached, as it was written: a port by number or by its OpenFlow name. */
export interface PortReference {
  readonly dpid: Dpid;
  readonly port: number | string;
}

/** A port reference held against the live ports. */
export interface Attachment {
  readonly dpid: Dpid;
  /**
   * The port's number. Undefined when the switch has no such port (yet): a name is resolved only
   * against live ports, a number is believed until the switch's ports are known.
   */
  readonly port: PortNo | undefined;
  /** As it was written, for messages. */
  readonly written: number | string;
}

/** What is the matter with a link. `contradicted`: a discovered one against which a file speaks. */
export type LinkState = DiscoveredLinkState | "contradicted";

/** A link between two switches. */
export interface Link {
  readonly a: Attachment;
  readonly b: Attachment;
  /** Cost of the link for shortest paths: a whole number from 1. */
  readonly weight: number;
  /** The same for copies; undefined: `weight`. */
  readonly copyWeight?: number;
  /**
   * Whether it is used: both ports exist and are up, or are not known to be down, and if the link was
   * discovered, probes come through both ways.
   */
  readonly up: boolean;
  readonly origin: "file" | "discovered";
  readonly state: LinkState;
  /** What is said against it, in words. */
  readonly problem?: string;
}

/**
 * What a port is for: the end of a link, hosts, or not known yet. While it is `probing`, nothing is
 * sent out of it but probes, and nothing that comes in is forwarded.
 */
export type PortRole = "link" | "edge" | "probing";

/** A host (or VM) on a switch port. */
export interface Host extends Attachment {
  readonly name?: string;
  readonly mac: number;
  readonly ips: readonly IpAddress[];
  /** VLAN ids of its tagged frames; only of a host that was learned from them. */
  readonly vlans?: readonly number[];
  readonly origin: Origin | "learned";
}

/** What a topology file says of a switch. */
export interface SwitchConfig {
  readonly dpid: Dpid;
  readonly name?: string;
  readonly forwarding: ForwardingProfile;
}

/** What a topology file says of a link. */
export interface LinkConfig {
  readonly a: PortReference;
  readonly b: PortReference;
  readonly weight: number;
  readonly copyWeight?: number;
}

/** What a topology file or a REST client says of a host. */
export interface HostConfig extends PortReference {
  readonly name?: string;
  readonly mac: number;
  readonly ips: readonly IpAddress[];
}

/** All topology files together, free of contradictions. */
export interface TopologyConfig {
  readonly switches: readonly SwitchConfig[];
  readonly links: readonly LinkConfig[];
  readonly hosts: readonly HostConfig[];
}

/** One step of a path: the switch, the port frames enter by, the port they leave by. */
export interface Hop {
  readonly dpid: Dpid;
  /** Undefined on the first switch. */
  readonly inPort: PortNo | undefined;
  /** Undefined on the last switch. */
  readonly outPort: PortNo | undefined;
}

export const EMPTY_CONFIG: TopologyConfig = { switches: [], links: [], hosts: [] };
