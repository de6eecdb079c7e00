import { Port } from "../../../openflow/index.ts";
import type { PortNo } from "../../../topology/index.ts";
import { exactValue, type Region } from "../../match-region/region.ts";
import type { Delivery, Tunnel } from "../../model/policy.ts";
import { type PlacedMonitor, tunnelKey } from "../../placement/placed-monitors.ts";
import { type Case, PLAIN } from "../model/flow-classes.ts";
import { type MarkedPair, markedPair } from "../model/tap-marks.ts";
import type { SwitchView } from "../network/switch-view.ts";
import { rewrittenIp } from "../taps/rewritten-ip.ts";

/** A copy for a monitor, and how it gets there from the tap point. */
export interface Copy {
  readonly monitor: PlacedMonitor;
  /** The port it leaves the tap's switch by; IN_PORT when it came in by it. */
  readonly port: number;
  /** The same by its number. */
  readonly out: number;
  readonly way: CopyWay;
  /** Whether a policy asks for this way and no other. */
  readonly explicit: boolean;
  /** Which flows are copied, and in which form. */
  readonly cases: readonly Case[];
}

/** How a copy travels. */
export type CopyWay =
  /** The monitor is on the tap's switch. */
  | { readonly kind: "direct" }
  /** With a tap mark for its source; the pair's addresses are put back at the monitor's switch. */
  | { readonly kind: "rewrite"; readonly pair: MarkedPair }
  /** With an outer VLAN tag that stands for the monitor. */
  | { readonly kind: "tag" }
  /** Into a tunnel. */
  | { readonly kind: "tunnel"; readonly tunnel: Tunnel };

/** A text that is equal for the same way. */
export function wayKey(way: CopyWay): string {
  if (way.kind === "rewrite") return way.pair.key;
  return way.kind === "tunnel" ? tunnelKey(way.tunnel) : way.kind;
}

/** Why a monitor gets no copy, a clause; each policy calls the monitor by a name of its own. */
export type Obstacle = (monitor: string) => string;

/** How a copy gets to a monitor, or why it does not. */
export function copyFor(
  region: Region,
  monitor: PlacedMonitor,
  delivery: Delivery,
  at: SwitchView,
  inPort: PortNo | undefined,
): Copy | Obstacle {
  const out = portFor(monitor, at);
  if (typeof out === "function") return out;
  // A switch sends nothing out of the port it came in by unless told so by this name.
  const port = out === inPort ? Port.InPort : out;
  const explicit = delivery !== "auto";
  const by = (way: CopyWay): Copy => ({ monitor, port, out, way, explicit, cases: PLAIN });
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

/** Why frames are not copied by a policy that wants its copies rewritten and in no other way. */
export function addressesAreOpen({ name }: SwitchView): Obstacle {
  return (monitor) =>
    `frames whose MAC addresses the policy leaves open cannot be copied by delivery rewrite from ${name} to monitor ${monitor}`;
}

/** The port that copies for a monitor leave by, or why there is none. */
function portFor(monitor: PlacedMonitor, at: SwitchView): number | Obstacle {
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
 * Which of two copies for one port is made, when policies ask for it under different addresses or by
 * different deliveries: one asked for by name, then the rewritten one (its IP destination, too, if
 * one policy asks for that), then the lower address.
 */
function rank({ monitor, way, explicit }: Copy): number {
  const none = 2 ** 48;
  const kind = way.kind === "tag" ? 4 : isIpRewritten(way) ? 0 : 2;
  return (explicit ? 0 : 8 * none) + kind * none + (monitor.mac ?? none);
}

/** Whether copies travel with another IP destination. */
export function isIpRewritten(way: CopyWay): boolean {
  return way.kind === "rewrite" && way.pair.ip !== undefined;
}

/** Whether a copy is made instead of another one for the same port. */
export function isBetter(copy: Copy, known: Copy): boolean {
  const order = rank(copy) - rank(known);
  return order < 0 || (order === 0 && wayKey(copy.way) < wayKey(known.way));
}
