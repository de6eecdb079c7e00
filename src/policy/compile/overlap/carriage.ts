// SPDX-License-Identifier: Apache-2.0
import { contains, exactValue, type Region } from "../../match-region/region.ts";
import { isLocalTo, type PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { Side } from "../model/address-block.ts";
import { isReservedMac, reservedDstOf } from "../model/reserved-frames.ts";
import { TAGGED } from "../model/tagged-frames.ts";
import { missingFor, type NumberKind } from "../model/waiting-copies.ts";
import type { SwitchView } from "../network/switch-view.ts";
import type { Piece, Tap } from "../taps/tap.ts";

/** How copies can be carried; `ethSrc`, `ethDst`: with a one-sided mark in place of that address. */
export type Way = "direct" | "tunnel" | "overlay" | "rewrite" | "ethSrc" | "ethDst" | "tag";

/**
 * Why copies cannot be carried.
 * - `open`: the tap fixes neither address (for `rewrite`: not both).
 * - `noAddress`: for `rewrite`, the monitor's address is not known.
 * - `notDirect`: one-sided marks would cross a link that is not proven to be direct.
 * - `noTags`: no VLAN ids are reserved.
 * - `losesTag`: the switch would drop a tag of the frames when it pushes that of a copy.
 * - A kind of number: none is free, and those of policies that came before keep theirs.
 */
export type Lack = "open" | "noAddress" | "notDirect" | "noTags" | "losesTag" | NumberKind;

/** How copies of a region's frames are carried from a tap's switch to a monitor, or why they cannot be. */
type Carriage =
  | {
      readonly by: Way;
      /** How they are carried when no other policy fixes addresses; undefined: the same. */
      readonly alone?: Way;
    }
  | { readonly lacks: Lack };

/**
 * Whether a tap has a piece for each reserved address, so that none of its frames are left for a region with
 * several of them.
 */
export function isReservedApart(tap: Tap, region: Region): boolean {
  if (reservedDstOf(region)?.isSixteen !== true) return false;
  for (const address of fixedBy(tap).cutDestinations) if (isReservedMac(address)) return true;
  return false;
}

/**
 * Decided by the tap's own pieces and the network alone: a copy that existed only as long as another
 * policy fixes an address would end with that policy.
 */
export function carriageOf(
  tap: Tap,
  monitor: PlacedMonitor,
  region: Region,
  at: SwitchView,
): Carriage {
  const found = wayOf(tap, monitor, region, at);
  if ("lacks" in found) return found;
  const missing = missingFor(tap.waits, monitor.key, NUMBERED[found.alone ?? found.by]);
  return missing === undefined ? found : { lacks: missing };
}

/** The kind of number that copies need on their way. */
const NUMBERED: Readonly<Record<Way, NumberKind | undefined>> = {
  direct: undefined,
  tunnel: undefined,
  overlay: undefined,
  rewrite: "pair",
  ethSrc: "mark",
  ethDst: "mark",
  tag: "vlan",
};

function wayOf(tap: Tap, monitor: PlacedMonitor, region: Region, at: SwitchView): Carriage {
  const { delivery } = tap.policy;
  if (monitor.party.tunnel !== undefined) return { by: "tunnel" };
  if (monitor.overlay !== undefined) return { by: "overlay" };
  if (isLocalTo(tap.dpid, monitor)) return { by: "direct" };
  switch (delivery) {
    case "tunnel":
    case "overlay":
      return { by: delivery };
    case "tag":
      return at.hasTags ? tagOf(tap, region, at) : { lacks: "noTags" };
    case "rewrite":
      if (!pinsBoth(tap, region)) return { lacks: "open" };
      return monitor.mac === undefined ? { lacks: "noAddress" } : { by: "rewrite" };
    case "mark":
      return markOf(tap, monitor, region, at);
    // A policy that is delivered by mirrors has no taps.
    case "mirror":
    case "auto":
      return bestOf(tap, monitor, region, at);
    default:
      return delivery satisfies never;
  }
}

/**
 * A destination that is fixed only because the switch handles the frames for a host apart does not call
 * for a pair: with marks one recovery rule serves the frames for all hosts.
 */
function bestOf(tap: Tap, monitor: PlacedMonitor, region: Region, at: SwitchView): Carriage {
  const hasAddress = monitor.mac !== undefined;
  const isPair = pins(tap, "ethSrc", region) && pins(tap, "ethDst", region);
  if (hasAddress && isPair) return { by: "rewrite" };
  const mark = markOf(tap, monitor, region, at);
  if ("by" in mark) return mark;
  if (hasAddress && pinsBoth(tap, region)) return { by: "rewrite" };
  if (!at.hasTags) return mark;
  // Any frame can be carried: a pair that another policy fixes saves the tag.
  const tag = tagOf(tap, region, at);
  if (!hasAddress || !isPairOf(region)) return tag;
  return "by" in tag ? { by: "rewrite", alone: tag.by } : { by: "rewrite" };
}

function tagOf(tap: Tap, region: Region, at: SwitchView): Carriage {
  const losesTag = at.dropsInnerTags(tap.dpid) && contains(TAGGED, region);
  return losesTag ? { lacks: "losesTag" } : { by: "tag" };
}

function markOf(tap: Tap, monitor: PlacedMonitor, region: Region, at: SwitchView): Carriage {
  if (!at.isDirect(tap.dpid, monitor)) return { lacks: "notDirect" };
  // A mark as the destination carries it over links that no frame for a reserved address crosses.
  if (reservedDstOf(region) !== undefined) return { by: "ethDst" };
  if (pins(tap, "ethSrc", region)) return { by: "ethSrc" };
  return pins(tap, "ethDst", region) ? { by: "ethDst" } : { lacks: "open" };
}

/**
 * Whether the tap itself fixes both MAC addresses of the frames: by its policy or by the host that
 * sends, and the destination also by the known hosts.
 */
function pinsBoth(tap: Tap, region: Region): boolean {
  if (!pins(tap, "ethSrc", region)) return false;
  return pins(tap, "ethDst", region) || isAmong(fixedBy(tap).cutDestinations, "ethDst", region);
}

function isPairOf(region: Region): boolean {
  return exactValue(region, "ethSrc") !== undefined && exactValue(region, "ethDst") !== undefined;
}

/** The addresses that the pieces of a tap fix. */
interface FixedAddresses {
  /** By the policy, or because the host is known. */
  readonly pinned: Readonly<Record<Side, ReadonlySet<number>>>;
  /** Where a switch handles the frames for a host differently. */
  readonly cutDestinations: ReadonlySet<number>;
}

/** Whether a tap fixes the address of a region's frames, all of which it includes. */
function pins(tap: Tap, side: Side, region: Region): boolean {
  return isAmong(fixedBy(tap).pinned[side], side, region);
}

function isAmong(addresses: ReadonlySet<number>, side: Side, region: Region): boolean {
  if (addresses.size === 0) return false;
  const address = exactValue(region, side) as number | undefined;
  return address !== undefined && addresses.has(address);
}

const NONE: ReadonlySet<number> = new Set();
/** By the pieces of a tap; most taps never need it. */
const fixed = new WeakMap<readonly Piece[], FixedAddresses>();

/**
 * A tap has one of its policy's filters, whose lists are combined with each other, so a frame that an include contains and whose
 * address another include fixes is also in an include that fixes it: the addresses suffice.
 */
function fixedBy({ pieces }: Tap): FixedAddresses {
  let found = fixed.get(pieces);
  if (found === undefined) {
    const isPinning = ({ kind }: Piece) => kind === "include" || kind === "source";
    const pinning = pieces.filter(isPinning);
    const cuts = pieces.filter(({ kind }) => kind === "cut");
    found = {
      pinned: { ethSrc: addressesIn(pinning, "ethSrc"), ethDst: addressesIn(pinning, "ethDst") },
      cutDestinations: addressesIn(cuts, "ethDst"),
    };
    fixed.set(pieces, found);
  }
  return found;
}

function addressesIn(pieces: readonly Piece[], side: Side): ReadonlySet<number> {
  const found = new Set<number>();
  for (const { region } of pieces) {
    const address = exactValue(region, side) as number | undefined;
    if (address !== undefined) found.add(address);
  }
  return found.size === 0 ? NONE : found;
}
