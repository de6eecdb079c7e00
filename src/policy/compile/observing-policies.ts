// SPDX-License-Identifier: Apache-2.0
import { type Steps, sorted } from "../../lang/steps.ts";
import type { Dpid, Host, PortNo, Topology } from "../../topology/index.ts";
import { and } from "../match-region/bits.ts";
import {
  constraint,
  constraintOn,
  contains,
  intersect,
  type Region,
  region,
  single,
} from "../match-region/region.ts";
import type { PolicyId } from "../model/policy.ts";
import { nameOf } from "../placement/placed-monitors.ts";
import type { PolicyPlan } from "./model/policy-plan.ts";
import type { CompiledPolicy } from "./taps/compile-taps.ts";
import { entersAtMonitor, isOwnTraffic, type Piece, type Tap } from "./taps/tap.ts";

/** A policy that copies frames of a host, and for which monitors, as it names them. */
export interface Observation {
  readonly id: PolicyId;
  readonly monitors: readonly string[];
}

/** What the taps of a network are put into effect with. */
interface CompiledTaps {
  readonly policies: Iterable<CompiledPolicy>;
  readonly plan: (id: PolicyId) => Steps<PolicyPlan | undefined>;
}

/** A host at its port, and which switches exchange frames. */
interface ObservedHost {
  readonly host: Host & { readonly port: PortNo };
  readonly reaches: (from: Dpid, to: Dpid) => boolean;
}

/** Frames of a host as they pass a tap. */
interface PassingFrames {
  readonly region: Region;
  /** Which of their IP addresses is one of the host's; undefined: neither need be. */
  readonly address: "Src" | "Dst" | undefined;
}

/** How many pieces are compared in a step. */
const PIECES_PER_STEP = 256;

/** Destinations of multicast and broadcast frames. */
const GROUP_FRAMES = single(constraint("ethDst", 2 ** 40, 2 ** 40));

/**
 * The policies that copy frames of a host, with the monitors that get copies by entries of the tables; in order of
 * their ids. None for a host without a place.
 */
export function* observations(
  mac: number,
  topology: Topology,
  { policies, plan }: CompiledTaps,
): Steps<readonly Observation[]> {
  const host = topology.hostByMac(mac);
  if (host?.port === undefined) return [];
  const reaches = (from: Dpid, to: Dpid) => from === to || topology.nextHop(from, to) !== undefined;
  const observed = { host: { ...host, port: host.port }, reaches };
  const found: Observation[] = [];
  for (const compiled of policies) {
    const monitors = yield* monitorsObserving(compiled, observed);
    const { id } = compiled.policy;
    const copies = monitors.size === 0 ? [] : ((yield* plan(id))?.copies ?? []);
    const served = copies.filter(
      ({ monitor, entries }) => monitors.has(monitor) && entries.length > 0,
    );
    if (served.length > 0) found.push({ id, monitors: served.map(({ monitor }) => monitor) });
  }
  return yield* sorted(found, (a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The monitors for which a policy requests copies of frames that a host sends or receives by its port. What counts
 * as the host's: frames with its MAC address as source that enter there, and those that leave there with it as
 * destination; of these, packets with an IP address that the host is known to have, where it has one. Frames for
 * group addresses are those of their sender, and of the port at which a policy taps what leaves.
 */
function* monitorsObserving(
  { taps }: CompiledPolicy,
  observed: ObservedHost,
): Steps<ReadonlySet<string>> {
  const monitors = new Set<string>();
  for (const tap of taps) {
    yield;
    for (const frames of passingFrames(tap, observed)) {
      for (const each of yield* monitorsOf(tap, frames, observed.host)) monitors.add(each);
    }
  }
  return monitors;
}

/** The frames of a host that pass where a tap is. */
function passingFrames(tap: Tap, { host, reaches }: ObservedHost): readonly PassingFrames[] {
  // Frames with the address of a monitor's port that enter elsewhere are not the host's.
  if (tap.isIngress) return [];
  const sent = constraint("ethSrc", host.mac);
  const received: PassingFrames = {
    region: single(constraint("ethDst", host.mac)),
    address: "Dst",
  };
  const groups: PassingFrames = { region: GROUP_FRAMES, address: undefined };
  const isHere = isAt(host, tap.place);
  // By mirrors its frames come by another port, and those of others from wherever their application sends them.
  const isMirrored = tap.mirrored !== undefined;
  const entering = isMirrored
    ? framesOf(single(sent))
    : framesOf(region([constraint("inPort", host.port), sent]));
  if (tap.edge === "sender") {
    if (isHere) return entering;
    if (!isMirrored && !reaches(tap.dpid, host.dpid)) return [];
    return tap.exceptHostsBut && isAt(host, tap.exceptHostsBut) ? [received, groups] : [received];
  }
  // What it sends to another host behind its port passes there, too.
  if (isHere) return [received, groups, ...entering];
  if (!isMirrored && !reaches(host.dpid, tap.dpid)) return [];
  return tap.dpid === host.dpid ? entering : framesOf(single(sent));
}

/** Frames that a host sends. */
function framesOf(sent: Region | undefined): PassingFrames[] {
  return sent ? [{ region: sent, address: "Src" }] : [];
}

function isAt(
  host: ObservedHost["host"],
  { dpid, port }: { readonly dpid: Dpid; readonly port: PortNo },
): boolean {
  return host.dpid === dpid && host.port === port;
}

/** The monitors for which a tap requests copies of some of these frames. */
function* monitorsOf(
  tap: Tap,
  { region, address }: PassingFrames,
  host: Host,
): Steps<readonly string[]> {
  const found = new Set<string>();
  for (const [index, piece] of tap.pieces.entries()) {
    if (index % PIECES_PER_STEP === PIECES_PER_STEP - 1) yield;
    if (piece.kind !== "include") continue;
    const part = intersect(piece.region, region);
    if (part === undefined || (address && !mayHaveAddress(part, address, host))) continue;
    if (yield* isExcluded(part, tap.pieces)) continue;
    for (const monitor of tap.monitors) {
      const { tunnel } = monitor.party;
      const isUnreachable = tunnel !== undefined && typeof monitor.tunnelPort !== "number";
      const isOwn = isOwnTraffic(tap, monitor, part) || entersAtMonitor(tap, monitor, part);
      if (!isUnreachable && !isOwn) found.add(nameOf(monitor));
    }
    if (found.size === tap.monitors.length) break;
  }
  return [...found];
}

/** Whether a tap excludes all frames of a region, by one of its exceptions. */
function* isExcluded(part: Region, pieces: readonly Piece[]): Steps<boolean> {
  for (const [index, { kind, region }] of pieces.entries()) {
    if (index % PIECES_PER_STEP === PIECES_PER_STEP - 1) yield;
    if ((kind === "exclude" || kind === "exceptInPort") && contains(region, part)) return true;
  }
  return false;
}

/** Whether packets in a region may have an IP address of a host; one without known addresses may have any. */
function mayHaveAddress(part: Region, side: "Src" | "Dst", { ips }: Host): boolean {
  for (const family of [4, 6] as const) {
    const required = constraintOn(part, `ipv${family}${side}`);
    const own = ips.filter((ip) => ip.family === family);
    if (required === undefined || own.length === 0) continue;
    if (!own.some(({ value }) => and(value, required.mask) === required.value)) return false;
  }
  return true;
}
