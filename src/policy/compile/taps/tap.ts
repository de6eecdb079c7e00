// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PatchedPort, PortNo } from "../../../topology/index.ts";
import { exactValue, type Region } from "../../match-region/region.ts";
import type { Policy } from "../../model/policy.ts";
import type { Role } from "../../placement/directed-views.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { Place } from "../../placement/placement.ts";
import type { Waits } from "../model/waiting-copies.ts";

/** What a tap does with the frames of a region. */
type PieceKind =
  /** Copies them. */
  | "include"
  /** Does not copy them, although an include contains them. */
  | "exclude"
  /** Does not copy them because of the port by which they enter. */
  | "exceptInPort"
  /** One known host sends them: a one-sided mark of its address can carry their copies. */
  | "source"
  /** Nothing by itself: the region splits others where their frames need different actions. */
  | "cut"
  /** Requests them at another switch's tap, which copies at least what this tap requests. */
  | "delegate";

/**
 * A region that a tap adds to the closure of its switch; or, for a tap of another switch, to the
 * closure of a switch that must take that tap into account (see `TapPointSelection`).
 */
export interface Piece {
  readonly region: Region;
  readonly kind: PieceKind;
  readonly tap: Tap;
}

/** How frames come to a tap by mirrors. */
interface MirroredTap {
  readonly patched: PatchedPort;
  /** The MAC addresses of the hosts known at the port. */
  readonly macs: readonly number[];
}

/** One direction of a policy at one tap point. */
export interface Tap {
  readonly policy: Policy;
  readonly dpid: Dpid;
  readonly edge: "sender" | "receiver";
  /**
   * Frames that enter by these ports are not tapped: by the receiver's own, and so do not leave by it; or,
   * for an ingress tap, by a link.
   */
  readonly exceptInPorts: readonly PortNo[];
  /** Frames for reserved addresses are not tapped: none leaves by the receiver's port. */
  readonly exceptReserved: boolean;
  /** Frames for hosts that are known elsewhere than at this port are not tapped; undefined: they are. */
  readonly exceptHostsBut: Place | undefined;
  /** The port of the end at whose edge the tap is. */
  readonly place: Place;
  /** Which end that is. */
  readonly role: Role;
  readonly monitors: readonly PlacedMonitor[];
  /**
   * Whether the policy names the sender by its MAC address. The sender is then not the monitor, even
   * if both are behind one port. Otherwise a monitor gets no copies of frames that it sends.
   */
  readonly senderIsNamed: boolean;
  /**
   * Frames with a source address of a monitor's port are tapped where they enter, for a tap that recognizes
   * them by their source (see `ingressTaps`).
   */
  readonly isIngress: boolean;
  /** The copies of the policy that are not made until a number is free for them. */
  readonly waits: Waits;
  /** Mirrors hand its frames to the switch. */
  readonly mirrored?: MirroredTap;
  /** It stands for this tap, in the closure of frames that have passed that one before. */
  readonly passed?: Tap;
  pieces: readonly Piece[];
}

/** Whether a piece determines which frames a tap requests. */
export function isRequest({ kind }: Piece): boolean {
  return kind === "include" || kind === "exclude";
}

/** Whether frames of a region belong to a monitor's own conversation, by their addresses. */
export function isOwnTraffic(tap: Tap, monitor: PlacedMonitor, region: Region): boolean {
  const { ownMacs, portMacs } = monitor;
  if (ownMacs.includes(exactValue(region, "ethDst") as number)) return true;
  return knowsBySource(tap, monitor) && portMacs.includes(exactValue(region, "ethSrc") as number);
}

/**
 * Whether a tap recognizes frames that may have entered at a monitor's port by their source address. At the
 * sender's edge, and on the monitor's own switch, the in-port identifies them; it cannot be forged. Ingress
 * taps copy those that entered elsewhere.
 */
export function knowsBySource({ edge, dpid, senderIsNamed }: Tap, monitor: PlacedMonitor): boolean {
  return edge === "receiver" && !senderIsNamed && dpid !== monitor.dpid;
}

/** Whether frames of a region, seen at the tap's switch, enter by a monitor's own port. */
export function entersAtMonitor(tap: Tap, monitor: PlacedMonitor, region: Region): boolean {
  if (tap.senderIsNamed || monitor.dpid !== tap.dpid) return false;
  return exactValue(region, "inPort") === monitor.port;
}
