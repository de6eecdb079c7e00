// SPDX-License-Identifier: Apache-2.0
import {
  type EntryRef,
  entryRef,
  flowKey,
  overlayRecovery,
  patchDelivery,
} from "../../flow-model/index.ts";
import {
  type Dpid,
  type IpAddress,
  isMirrored,
  type OverlayEnd,
  overlayKey,
  overlayPort,
  type PortAt,
  type PortNo,
  patchPort,
  sourcePatchPort,
  type Topology,
} from "../../topology/index.ts";
import type { Untappable } from "./beside.ts";
import { tapBridgeName, tapBridgeOf, whyUnmirrored } from "./mirrored-ports.ts";

/** Bytes of an Ethernet header without a tag. */
const HEADER = 14;
/** Of frames without their Ethernet header: where the port does not say it, and what a probe carries at most. */
const [USUAL_MTU, MOST_MTU] = [1500, 9000];

/** How copies that a bridge of OpenVTAP's own makes reach a monitor at another such bridge: by a tunnel. */
export interface Overlay {
  /** The port by which they leave. */
  readonly port: PortNo;
  /** Where the tunnel ends. */
  readonly remote: IpAddress;
  /** Identifies the monitor at the end of the tunnel. */
  readonly key: number;
  /** Bytes of the longest frames that copies have, as far as it is known, without a tag. */
  readonly longest: number;
  /** The bridge where it ends, and the port by which copies come there. */
  readonly end: PortAt;
  /** The entries that hand them to the monitor there; the first one counts those that arrive. */
  readonly entries: readonly EntryRef[];
}

/** The bridge of OpenVTAP's own from which a port of a switch gets copies: that of the switch, or the switch itself. */
export function deliveringBridge(topology: Topology, dpid: Dpid): Dpid | undefined {
  return tapBridgeName(topology, dpid) === undefined ? tapBridgeOf(topology, dpid) : dpid;
}

/** Whether a port of a switch gets its copies from a bridge of OpenVTAP's own, now or when its database is connected. */
export function isOverlaid(topology: Topology, dpid: Dpid): boolean {
  const { forwarding } = topology.switches.get(dpid) ?? {};
  return forwarding === "copies" || isMirrored(forwarding);
}

/**
 * How copies that the bridge `own` makes reach a monitor that another such bridge serves (`isOverlaid`), or why they
 * do not (yet).
 */
export function overlayTo(topology: Topology, own: Dpid, monitor: PortAt): Overlay | Untappable {
  const { switches } = topology;
  const patched = { dpid: monitor.dpid, port: monitor.port, use: "copies" } as const;
  const far = deliveringBridge(topology, monitor.dpid);
  if (far === undefined) return whyUnmirrored(topology, patched);
  const here = endAt(topology, own);
  const there = endAt(topology, far, far === monitor.dpid ? undefined : monitor.dpid);
  if (!("port" in here)) return here;
  if (!("port" in there)) return there;
  const key = overlayKey(monitor);
  const recovery = (out: PortNo) => entryRef(far, flowKey(overlayRecovery(there.port, key, out)));
  const end = { dpid: far, port: there.port };
  const longest = Math.min(here.mtu ?? USUAL_MTU, MOST_MTU) + HEADER;
  const by = { port: here.port, remote: there.endpoint, key, longest, end };
  if (far === monitor.dpid) return { ...by, entries: [recovery(monitor.port)] };
  const [out, inPort] = [patchPort(switches, patched), sourcePatchPort(switches, patched)];
  if (out === undefined || inPort === undefined) return whyUnmirrored(topology, patched);
  const delivery = entryRef(monitor.dpid, flowKey(patchDelivery(inPort, monitor.port)));
  return { ...by, entries: [recovery(out.port), delivery] };
}

/** The port of a bridge for tunnels, and what is known of it. */
type End = { readonly port: PortNo } & Extract<OverlayEnd, { readonly endpoint: IpAddress }>;

/** The end of tunnels at a bridge of OpenVTAP's own, which gets the frames of `source`. */
function endAt(
  { switches }: Topology,
  own: Dpid,
  source = switches.get(own)?.tapSources?.dpids[0],
): End | Untappable {
  const found = switches.get(own);
  const { overlay, name = own } = (source && switches.get(source)?.tapBridge) ?? {};
  if (overlay !== undefined && "obstacle" in overlay)
    return { what: overlay.obstacle, state: "error" };
  const port = overlayPort(found);
  if (overlay === undefined || port === undefined)
    return { what: `${name} has no port for tunnels yet` };
  return { port, ...overlay };
}
