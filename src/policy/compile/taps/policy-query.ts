// SPDX-License-Identifier: Apache-2.0
import type { Dpid, IpAddress, PatchedPort, PortAt, PortNo } from "../../../topology/index.ts";
import type { FragmentPorts } from "../../match-region/ip-visibility.ts";
import type { Region } from "../../match-region/region.ts";
import type { Monitor, Party, Tunnel } from "../../model/policy.ts";
import type { Untappable } from "../../placement/beside.ts";
import type { Role } from "../../placement/directed-views.ts";
import type { FindHosts } from "../../placement/host-addresses.ts";
import type { ResolveParty } from "../../placement/named-parties.ts";
import type { Overlay } from "../../placement/overlay.ts";
import type { LostMonitor, PlacedMonitor, TunnelPort } from "../../placement/placed-monitors.ts";
import type { Place, Placement } from "../../placement/placement.ts";
import type { ProjectAt } from "../../placement/project-ports.ts";
import type { TapPointQuery } from "../../placement/tap-points.ts";
import type { CachedQuery } from "../model/query-cache.ts";

/** The network as the compile of one policy sees it; records every query. */
export interface PolicyQuery extends CutQuery, TapPointQuery {
  readonly queries: readonly CachedQuery[];
  placeOf(party: Party, role: Role): Placement;
  placeMonitor(monitor: Monitor): PlacedMonitor | LostMonitor;
  /** A port in words. */
  placeName(place: Place): string;
  projectAt: ProjectAt;
  readonly find: FindHosts;
  readonly resolve: ResolveParty;
}

/** What decides where taps are cut, apart from their own filters; depends on the topology alone. */
export interface CutQuery {
  /** Regions of a switch whose originals are forwarded differently from all other frames. */
  forwarding(dpid: Dpid): readonly Region[];
  /** The MAC addresses of all known hosts. */
  hosts(): readonly number[];
  /** The frames for each host that is known at another port. */
  hostsElsewhere(place: Place): readonly Region[];
  /** The MAC addresses of the hosts known at a port. */
  macsAt(place: Place): readonly number[];
  /** The switches where frames with a source address of a monitor's port are tapped as they enter. */
  ingressSwitches(monitor: PlacedMonitor, receiverAt: Dpid, views: number): readonly Dpid[];
  /** The ports of a switch by which frames arrive that have entered the network elsewhere, or never. */
  innerPorts(dpid: Dpid): readonly PortNo[];
  /** The link ports of a switch where frames for an address end (undefined: for an unknown host). */
  deadEnds(dpid: Dpid, ethDst: number | undefined): readonly number[];
  /** The port by which copies for a monitor leave a switch; undefined when there is no path. */
  copyPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined;
  /** The same over direct links only; undefined for a monitor on the switch itself. */
  directPort(dpid: Dpid, monitor: PlacedMonitor): number | undefined;
  /** The port of a switch by which copies for a monitor enter a tunnel. */
  tunnelPort(dpid: Dpid, monitor: PlacedMonitor, tunnel: Tunnel): TunnelPort;
  /** The IP addresses of the host with a MAC address; empty when the host is not known. */
  ipsOf(mac: number): readonly IpAddress[];
  /** The name of a switch where another application owns every table; undefined for any other switch. */
  besideName(dpid: Dpid): string | undefined;
  /** Why no frames are tapped at a switch; undefined: nothing is against it. */
  untappable(dpid: Dpid, patched?: PatchedPort): Untappable | undefined;
  /** The bridge of OpenVTAP's own for the frames of a switch; undefined: there is none, or it is not known yet. */
  tapBridgeOf(dpid: Dpid): Dpid | undefined;
  /** The name of a switch to which mirrors hand frames, and which forwards nothing; undefined for any other. */
  tapBridgeName(dpid: Dpid): string | undefined;
  /** The bridge of OpenVTAP's own from which a port of a switch gets copies; undefined: there is none, or it is not known yet. */
  deliveringBridge(dpid: Dpid): Dpid | undefined;
  /** How copies of a bridge of OpenVTAP's own reach a monitor at another one; undefined: no such bridge serves the monitor. */
  overlayTo(dpid: Dpid, monitor: PortAt): Overlay | Untappable | undefined;
  /** The port of a switch that is patched to its tap bridge for a use of one of its ports. */
  sourcePatch(patched: PatchedPort): PortNo | undefined;
  /** The name of a switch that is not Open vSwitch; undefined for Open vSwitch. */
  plainName(dpid: Dpid): string | undefined;
  /** Whether a switch drops the innermost tag of a frame with two when another is pushed. */
  dropsInnerTags(dpid: Dpid): boolean;
  /** In which fragments a switch reads ports. */
  fragmentPorts(dpid: Dpid): FragmentPorts;
  /** Whether copies made at a switch reach a monitor. */
  serves(dpid: Dpid, monitor: PlacedMonitor): boolean;
}
