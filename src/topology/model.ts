// SPDX-License-Identifier: Apache-2.0
import type { Admission } from "./admission.ts";
import type { DiscoveredLinkState } from "./discovery/discovered.ts";
import type { Dpid, PortNo } from "./dpid.ts";
import type { ForwardingProfile } from "./forwarding-profile.ts";
import type { IpAddress } from "./ip-address.ts";
import type { TapSources } from "./overlay.ts";
import type { PortAt } from "./port-at.ts";
import type { TapBridge } from "./tap-bridge.ts";

/** Where a definition comes from: a topology file or a REST client. */
type Origin = "file" | "api";

/** A live port of a switch, as the switch reports it. */
export interface Port {
  readonly no: PortNo;
  /** The OpenFlow port name; "" when the switch gives none. */
  readonly name: string;
  readonly hwAddr: number;
  /** Administratively up, with a link. */
  readonly up: boolean;
  /** The switch drops what its entries send to the port (OFPPC_NO_FWD). */
  readonly noForward?: true;
}

/** A switch: named in a file, or connected without being named. */
export interface Switch {
  readonly dpid: Dpid;
  /** The configured name, or the dpid if it has none. */
  readonly name: string;
  readonly forwarding: ForwardingProfile;
  /** Whether it is managed, and why. */
  readonly admission: Admission;
  /** Whether OpenVTAP programs it; otherwise it is visible, left alone, and on no path. */
  readonly programmed: boolean;
  readonly connected: boolean;
  /** Last known ports; empty (and `portsKnown` false) before the first connect. */
  readonly ports: ReadonlyMap<PortNo, Port>;
  readonly portsKnown: boolean;
  /** It reports to be something other than Open vSwitch, and lacks its extensions. */
  readonly isPlain: boolean;
  /**
   * How many VLAN tags of a frame it parses (Open vSwitch: `vlan-limit`); absent: not known. One that parses
   * several keeps two: a tag that is pushed onto two drops the innermost.
   */
  readonly parsedTags?: number;
  /**
   * Beside an application that owns every table: what its entries do with the mark, as last read. Absent: not
   * known yet.
   */
  readonly markCheck?: MarkCheck;
  /**
   * Where mirrors hand its frames to a bridge of OpenVTAP's own: that bridge. Absent: its database has not
   * shown it yet.
   */
  readonly tapBridge?: TapBridge;
  /** Of a bridge of OpenVTAP's own to which mirrors hand frames: the switches whose frames these are. */
  readonly tapSources?: TapSources;
  /** `match`: OpenVTAP makes the switch read the ports of first fragments. Absent: as it was found. */
  readonly fragments?: "match";
  /** The project to which all its ports belong. */
  readonly project?: string;
  /** Ports whose peer link discovery does not know yet. */
  readonly probing: ReadonlySet<PortNo>;
}

/** What the entries of other applications do with the mark of a switch. */
export interface MarkCheck {
  /** The mark that was looked for. */
  readonly mark: string;
  /** Why the mark cannot be used, as a clause; absent: it can. */
  readonly obstacle?: string;
}

/** Where something is attached, as written: a port by number or by its OpenFlow name. */
export interface PortReference {
  readonly dpid: Dpid;
  readonly port: number | string;
}

/** A port reference resolved against the live ports. */
export interface Attachment {
  readonly dpid: Dpid;
  /**
   * The port's number. Undefined if the switch has no such port (yet): a name is resolved only against
   * live ports; a number counts as valid until the switch's ports are known.
   */
  readonly port: PortNo | undefined;
  /** As written, for messages. */
  readonly written: number | string;
}

/** State of a link. `contradicted`: discovered, but in conflict with a file. */
export type LinkState = DiscoveredLinkState | "contradicted";

/** A link between two switches. */
export interface Link {
  readonly a: Attachment;
  readonly b: Attachment;
  /** Cost of the link for shortest paths: a whole number from 1. */
  readonly weight: number;
  /** Cost for copies; undefined: `weight`. */
  readonly copyWeight?: number;
  /**
   * Whether it is proven that nothing is between its ends: probes pass, or a file says so. Only then may
   * copies cross it that a device in between could deliver or learn from.
   */
  readonly direct: boolean;
  /**
   * Whether it is used: both ports exist and are not known to be down, and, if the link was
   * discovered, probes pass in both directions.
   */
  readonly up: boolean;
  readonly origin: "file" | "discovered";
  readonly state: LinkState;
  /** Why it is not used, or only as a last resort, in words. */
  readonly problem?: string;
}

/**
 * Role of a port: the end of a link, an edge for hosts, a tap port, or not known yet. By a tap port only
 * copies leave, and what enters is dropped. While a port is `probing`, only probes leave by it, and no
 * received frame is forwarded.
 */
export type PortRole = "link" | "edge" | "tap" | "probing";

/** What a file or a REST client may state about a host at its port, besides who it is. */
interface HostUse {
  /** `monitor`: its port is a tap port, unless a host without this role is named there, too. */
  readonly role?: "monitor";
  /** Copies may leave by its port although several hosts are known there. */
  readonly sharedPort?: boolean;
  /** The project (tenant) to which the host belongs. */
  readonly project?: string;
}

/** A host (or VM) on a switch port. */
export interface Host extends Attachment, HostUse {
  readonly name?: string;
  readonly mac: number;
  readonly ips: readonly IpAddress[];
  /** VLAN ids of its tagged frames; only for a learned host. */
  readonly vlans?: readonly number[];
  /** The ports that it has left, where frames of it may still enter; only for a learned host. Absent: none. */
  readonly formerly?: readonly FormerPlace[];
  /** The interface by which a database knows it, and the names of its workload; only of origin `ovsdb`. */
  readonly iface?: string;
  readonly workloads?: readonly string[];
  /** The name of its virtual network; only of origin `ovsdb`. */
  readonly network?: string;
  /** `ovsdb`: the database of its switch names it. */
  readonly origin: Origin | "ovsdb" | "learned";
}

/** A port that a host has left. */
export interface FormerPlace extends PortAt {
  /** Whether frames of the host have been seen there since, not long ago. */
  readonly isUsed: boolean;
  /** Whether the switch reports frames of the host from there, of whatever kind. */
  readonly isWatched: boolean;
}

/** Where a switch waits for OpenFlow connections. */
export type PassiveService =
  | { readonly transport: "tcp" | "tls"; readonly host: string; readonly port: number }
  | { readonly transport: "unix"; readonly path: string };

/** A switch as a topology file defines it. */
export interface SwitchConfig {
  readonly dpid: Dpid;
  readonly name?: string;
  readonly forwarding: ForwardingProfile;
  /** As in `Switch`. */
  readonly fragments?: "match";
  readonly project?: string;
  /** OpenVTAP connects there. Absent: the switch connects to OpenVTAP. */
  readonly connect?: PassiveService;
}

/** A link as a topology file defines it. */
export interface LinkConfig {
  readonly a: PortReference;
  readonly b: PortReference;
  readonly weight: number;
  readonly copyWeight?: number;
  /** No device is between the two ends. */
  readonly direct?: boolean;
}

/** A host as a topology file or a REST client defines it. */
export interface HostConfig extends PortReference, HostUse {
  readonly name?: string;
  readonly mac: number;
  readonly ips: readonly IpAddress[];
}

/** A host as the database of its switch names it. */
export interface DatabaseHost extends HostConfig {
  readonly iface: string;
  readonly workloads: readonly string[];
  readonly network?: string;
}

/** All topology files combined, without contradictions. */
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
