// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec, EntryRef } from "../../../flow-model/index.ts";
import { Port } from "../../../openflow/index.ts";
import { formatIpAddress, type PortNo } from "../../../topology/index.ts";
import { exactValue, type Region } from "../../match-region/region.ts";
import type { Tunnel } from "../../model/policy.ts";
import type { Overlay } from "../../placement/overlay.ts";
import { type PlacedMonitor, tunnelKey } from "../../placement/placed-monitors.ts";
import type { AddressBlock } from "../model/address-block.ts";
import { type FlowClass, UNTREATED } from "../model/flow-classes.ts";
import { type MarkedEnd, markedEnd } from "../model/one-sided-marks.ts";
import { reservedDstOf } from "../model/reserved-frames.ts";
import { type MarkedPair, markedPair } from "../model/tap-marks.ts";
import { NO_NUMBER } from "../model/waiting-copies.ts";
import type { SwitchView } from "../network/switch-view.ts";
import { rewrittenIp } from "../taps/rewritten-ip.ts";
import type { Tap } from "../taps/tap.ts";
import type { Lack, Way } from "./carriage.ts";

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
  /**
   * Whether the datapath makes it in a clone of the frame (Open vSwitch only): later buckets then get the
   * frame as it came, whatever this one changes.
   */
  readonly isIsolated: boolean;
  /** Which flows are copied, and with which treatment. */
  readonly flowClasses: readonly FlowClass[];
}

/** How a copy is carried to its monitor. */
type CopyTransport =
  /** The monitor is on the tap's switch, or at a port patched to it, with the entry that sends copies on there. */
  | { readonly kind: "direct"; readonly entry?: EntryRef }
  /** With a tap mark as its source; the monitor's switch restores the pair's addresses. */
  | { readonly kind: "rewrite"; readonly pair: MarkedPair }
  /** With a one-sided mark, over direct links only. */
  | { readonly kind: "mark"; readonly end: MarkedEnd }
  /** With an outer VLAN tag that identifies the monitor, and another destination than a reserved one. */
  | { readonly kind: "tag"; readonly reservedDst?: AddressBlock }
  /** By a tunnel. */
  | { readonly kind: "tunnel"; readonly tunnel: Tunnel }
  /** By a tunnel to another bridge of OpenVTAP's own, which hands them to the monitor. */
  | { readonly kind: "overlay"; readonly overlay: Overlay };

/** A text that is equal for equal transports. */
export function transportKey(transport: CopyTransport): string {
  if (transport.kind === "rewrite") return transport.pair.key;
  if (transport.kind === "mark") return transport.end.key;
  if (transport.kind === "tag" && transport.reservedDst !== undefined) {
    const { address, isSixteen } = transport.reservedDst;
    return `tag ${address.toString(16)}${isSixteen ? "/44" : ""}`;
  }
  if (transport.kind === "direct") return `direct ${transport.entry ?? ""}`;
  if (transport.kind === "overlay") return overlayText(transport.overlay);
  return transport.kind === "tunnel" ? tunnelKey(transport.tunnel) : transport.kind;
}

function overlayText({ port, remote, key, entries }: Overlay): string {
  return `overlay ${port} ${formatIpAddress(remote)} ${key} ${entries}`;
}

/** Why a monitor gets no copy, a clause; policies may name one monitor differently. */
export type Blocker = (monitor: string) => string;

/** The frames that are copied, and where. */
interface CopiedFrames {
  readonly region: Region;
  readonly inPort: PortNo | undefined;
  readonly original: readonly ActionSpec[];
  readonly at: SwitchView;
}

/** The copy of frames that a tap requests for a monitor, carried this way, or why there is none. */
export function copyFor(
  { region, inPort, original, at }: CopiedFrames,
  monitor: PlacedMonitor,
  tap: Tap,
  by: Way,
): Copy | Blocker {
  const transport = transportBy(by, region, monitor);
  if (transport === undefined) return (whose) => `no mark stands for copies for monitor ${whose}`;
  const out = portFor(monitor, transport, at);
  if (typeof out === "function") return out;
  // A switch sends a frame out of its ingress port only when the output names IN_PORT.
  const port = out === inPort ? Port.InPort : out;
  const explicit = tap.policy.delivery !== "auto" && transport.kind !== "direct";
  const isIsolated = isAnothers(original) && changesTagOrIp(transport) && !at.isPlain;
  return { monitor, port, out, transport, explicit, isIsolated, flowClasses: UNTREATED };
}

/** Whether actions leave the frame to the switch's own bridge, or to another application's tables. */
export function isAnothers(original: readonly ActionSpec[]): boolean {
  return original.some(
    (action) =>
      action.type === "nxResubmitTable" ||
      (action.type === "output" && action.port === Port.Normal),
  );
}

/** The transport of a region's frames; undefined if it does not fix the addresses to restore. */
function transportBy(by: Way, region: Region, monitor: PlacedMonitor): CopyTransport | undefined {
  switch (by) {
    case "direct":
      return { kind: by, ...(monitor.patch && { entry: monitor.patch.entry }) };
    case "tag": {
      const reservedDst = reservedDstOf(region);
      return reservedDst === undefined ? { kind: by } : { kind: by, reservedDst };
    }
    case "overlay":
      return monitor.overlay && { kind: by, overlay: monitor.overlay };
    case "tunnel": {
      const { tunnel } = monitor.party;
      return tunnel && { kind: "tunnel", tunnel };
    }
    case "rewrite": {
      const pair = pairOf(region, monitor);
      return pair && { kind: "rewrite", pair };
    }
    case "ethSrc":
    case "ethDst": {
      const end = endOf(by, region, monitor);
      return end && { kind: "mark", end };
    }
    default:
      return by satisfies never;
  }
}

/** The addresses of a region's frames, if it fixes both and the monitor has one to replace them. */
function pairOf(region: Region, monitor: PlacedMonitor): MarkedPair | undefined {
  const ethSrc = exactValue(region, "ethSrc") as number | undefined;
  const ethDst = exactValue(region, "ethDst") as number | undefined;
  if (ethSrc === undefined || ethDst === undefined || monitor.mac === undefined) return undefined;
  const ip = rewrittenIp(region, monitor);
  const addresses = { ethSrc, ethDst, monitor: monitor.mac };
  return markedPair(ip ? { ...addresses, ip } : addresses);
}

/** The address that a one-sided mark replaces. */
function endOf(
  side: MarkedEnd["side"],
  region: Region,
  { key: monitor }: PlacedMonitor,
): MarkedEnd | undefined {
  const reserved = side === "ethDst" ? reservedDstOf(region) : undefined;
  if (reserved !== undefined) return markedEnd({ side, ...reserved, monitor });
  const address = exactValue(region, side) as number | undefined;
  return address === undefined
    ? undefined
    : markedEnd({ side, address, isSixteen: false, monitor });
}

/** Why copies for a monitor cannot be carried, for frames that the tap includes. */
export function notCarried(why: Lack, { policy, place, edge }: Tap, { name }: SwitchView): Blocker {
  const { delivery } = policy;
  switch (why) {
    case "noTags":
      return (monitor) =>
        `copies for monitor ${monitor} need VLAN ids for their tags, and none are reserved (tapVlanRange)`;
    case "losesTag":
      return (monitor) =>
        `frames with a VLAN tag are not copied by a tap VLAN to monitor ${monitor}: ${name} is not known to keep more than two tags of a frame, and may drop the innermost of three (of Open vSwitch: set its vlan-limit to 1)`;
    case "notDirect":
      return (monitor) =>
        delivery === "mark"
          ? `${NOT_DIRECT(name, monitor)}: discover them, or write "direct": true in the topology file`
          : `${NOT_DIRECT(name, monitor)}, and no VLAN ids are reserved: discover them, write "direct": true in the topology file, or set tapVlanRange`;
    case "vlan":
    case "mark":
    case "pair":
      return NO_NUMBER[why];
    case "noAddress":
      return (monitor) =>
        `copies for monitor ${monitor} cannot be addressed: its MAC address is not known`;
    case "open":
      if (delivery === "rewrite") {
        return (monitor) =>
          `frames whose MAC addresses the policy leaves open cannot be copied by delivery rewrite from ${name} to monitor ${monitor}`;
      }
      return (monitor) => {
        const whose = edge === "sender" ? `that are not known at ${name} port ${place.port}` : "";
        const hosts = whose === "" ? "unknown hosts" : `hosts ${whose}`;
        const remedy = delivery === "mark" ? "" : " (reserve VLAN ids with tapVlanRange)";
        return `frames of ${hosts}: no mark can carry their copies for monitor ${monitor}${remedy}`;
      };
    default:
      return why satisfies never;
  }
}

const NOT_DIRECT = (name: string, monitor: string) =>
  `the links from ${name} to monitor ${monitor} are not proven to join the switches directly`;

/** The port by which copies for a monitor leave, or why there is none. */
function portFor(
  monitor: PlacedMonitor,
  transport: CopyTransport,
  at: SwitchView,
): number | Blocker {
  const { name } = at;
  const { tunnel } = monitor.party;
  if (tunnel === undefined) {
    const isDirect = transport.kind === "mark";
    const out = isDirect ? at.directPort(monitor) : at.copyPort(monitor);
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
 * its IP destination, if one policy requests that), then one with a one-sided mark; then the lower
 * address.
 */
function rank({ monitor, transport, explicit }: Copy): number {
  const none = 2 ** 48;
  const kind = isIpRewritten(transport) ? 0 : ({ mark: 3, tag: 4 }[transport.kind as string] ?? 2);
  return (explicit ? 0 : 8 * none) + kind * none + (monitor.mac ?? none);
}

/** Whether copies are carried with another IP destination. */
export function isIpRewritten(transport: CopyTransport): boolean {
  return transport.kind === "rewrite" && transport.pair.ip !== undefined;
}

/** Whether copies change what Open vSwitch does not restore exactly for the next bucket. */
export function changesTagOrIp(transport: CopyTransport): boolean {
  return transport.kind === "tag" || isIpRewritten(transport);
}

/** Whether a copy is preferred to another one for the same port. */
export function isBetter(copy: Copy, known: Copy): boolean {
  const order = rank(copy) - rank(known);
  return order < 0 || (order === 0 && transportKey(copy.transport) < transportKey(known.transport));
}
