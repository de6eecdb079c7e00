// SPDX-License-Identifier: Apache-2.0
import { Port } from "../../../openflow/index.ts";
import type { PortNo } from "../../../topology/index.ts";
import { exactValue, type Region } from "../../match-region/region.ts";
import type { Delivery, Tunnel } from "../../model/policy.ts";
import { type PlacedMonitor, tunnelKey } from "../../placement/placed-monitors.ts";
import { type FlowClass, UNTREATED } from "../model/flow-classes.ts";
import { type MarkedPair, markedPair } from "../model/tap-marks.ts";
import type { SwitchView } from "../network/switch-view.ts";
import { rewrittenIp } from "../taps/rewritten-ip.ts";

/** A copy for a monitor, and how it is carried there from the tap point. */
export interface Copy {
  readonly monitor: PlacedMonitor;
  /** The port by which it leaves the tap's switch; IN_PORT when the frame entered by that port. */
  readonly port: number;
  /** The number of that port. */
  readonly out: number;
  readonly transport: CopyTransport;
  /** Whether a policy requests this transport and no other. */
  readonly explicit: boolean;
  /** Which flows are copied, and with which treatment. */
  readonly flowClasses: readonly FlowClass[];
}

/** How a copy is carried to its monitor. */
type CopyTransport =
  /** The monitor is on the tap's switch. */
  | { readonly kind: "direct" }
  /** With a tap mark as its source; the monitor's switch restores the pair's addresses. */
  | { readonly kind: "rewrite"; readonly pair: MarkedPair }
  /** With an outer VLAN tag that identifies the monitor. */
  | { readonly kind: "tag" }
  /** By a tunnel. */
  | { readonly kind: "tunnel"; readonly tunnel: Tunnel };

/** A text that is equal for equal transports. */
export function transportKey(transport: CopyTransport): string {
  if (transport.kind === "rewrite") return transport.pair.key;
  return transport.kind === "tunnel" ? tunnelKey(transport.tunnel) : transport.kind;
}

/** Why a monitor gets no copy, a clause; policies may name one monitor differently. */
export type Blocker = (monitor: string) => string;

/** The copy of a region's frames for a monitor, or why there is none. */
export function copyFor(
  region: Region,
  monitor: PlacedMonitor,
  delivery: Delivery,
  at: SwitchView,
  inPort: PortNo | undefined,
): Copy | Blocker {
  const out = portFor(monitor, at);
  if (typeof out === "function") return out;
  // A switch sends a frame out of its ingress port only when the output names IN_PORT.
  const port = out === inPort ? Port.InPort : out;
  const explicit = delivery !== "auto";
  const by = (transport: CopyTransport): Copy => ({
    monitor,
    port,
    out,
    transport,
    explicit,
    flowClasses: UNTREATED,
  });
  const { tunnel } = monitor.party;
  if (tunnel !== undefined) return by({ kind: "tunnel", tunnel });
  if (monitor.dpid === at.dpid) return { ...by({ kind: "direct" }), explicit: false };
  const ethSrc = exactValue(region, "ethSrc") as number | undefined;
  const ethDst = exactValue(region, "ethDst") as number | undefined;
  const isPinned = ethSrc !== undefined && ethDst !== undefined;
  if (delivery !== "tag" && isPinned && monitor.mac !== undefined) {
    const ip = rewrittenIp(region, monitor);
    const addresses = { ethSrc, ethDst, monitor: monitor.mac };
    return by({ kind: "rewrite", pair: markedPair(ip ? { ...addresses, ip } : addresses) });
  }
  if (delivery !== "rewrite") return by({ kind: "tag" });
  if (!isPinned) return addressesAreOpen(at);
  return (whose) => `copies for monitor ${whose} cannot be addressed: its MAC address is not known`;
}

/** Why a policy with `delivery: rewrite` cannot copy frames whose addresses it leaves open. */
export function addressesAreOpen({ name }: SwitchView): Blocker {
  return (monitor) =>
    `frames whose MAC addresses the policy leaves open cannot be copied by delivery rewrite from ${name} to monitor ${monitor}`;
}

/** The port by which copies for a monitor leave, or why there is none. */
function portFor(monitor: PlacedMonitor, at: SwitchView): number | Blocker {
  const { name } = at;
  const { tunnel } = monitor.party;
  if (tunnel === undefined) {
    const out = monitor.dpid === at.dpid ? monitor.port : at.copyPort(monitor);
    return out ?? ((whose) => `there is no path from ${name} to monitor ${whose}`);
  }
  const { tunnelPort = "absent" } = monitor;
  if (typeof tunnelPort === "number") return tunnelPort;
  const { port } = tunnel;
  if (tunnelPort === "absent") {
    return (whose) => `switch ${name} has no port ${port} (yet) for the tunnel to monitor ${whose}`;
  }
  const what = tunnelPort === "link" ? "at a link between switches" : "where another host is";
  return (whose) =>
    `port ${port} of switch ${name} is ${what}, and cannot be the tunnel to monitor ${whose}`;
}

/**
 * Order of the candidates when policies request a copy for one port under different addresses or by
 * different deliveries; the lowest is made: first an explicit transport, then a rewritten copy (with
 * its IP destination, if one policy requests that), then the lower address.
 */
function rank({ monitor, transport, explicit }: Copy): number {
  const none = 2 ** 48;
  const kind = transport.kind === "tag" ? 4 : isIpRewritten(transport) ? 0 : 2;
  return (explicit ? 0 : 8 * none) + kind * none + (monitor.mac ?? none);
}

/** Whether copies are carried with another IP destination. */
export function isIpRewritten(transport: CopyTransport): boolean {
  return transport.kind === "rewrite" && transport.pair.ip !== undefined;
}

/** Whether a copy is preferred to another one for the same port. */
export function isBetter(copy: Copy, known: Copy): boolean {
  const order = rank(copy) - rank(known);
  return order < 0 || (order === 0 && transportKey(copy.transport) < transportKey(known.transport));
}
