// SPDX-License-Identifier: Apache-2.0
import { Band, type EntryRef, type FlowSpec, Pass, TAP_TABLE } from "../../../flow-model/index.ts";
import {
  type Match,
  type OxmField,
  output,
  popVlan,
  resubmit,
  setField,
} from "../../../openflow/index.ts";
import type { Hop, PortNo } from "../../../topology/index.ts";
import { VID_PRESENT } from "../../match-region/fields.ts";
import { type Constraint, constraint } from "../../match-region/region.ts";
import { matchOf } from "../../match-region/to-match.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { type AddressBlock, hasAddress, writeAddress } from "../model/address-block.ts";
import { inRange, type MarkRange, type MarkRanges } from "../model/mark-range.ts";
import { type MarkedEnd, MONITOR_MASK } from "../model/one-sided-marks.ts";
import { substituteFor } from "../model/reserved-frames.ts";
import { etherTypeOf, type MarkedPair, setIpDestination } from "../model/tap-marks.ts";
import { outputActions } from "./output-actions.ts";

/** How copies from one switch to a monitor on another are distinguished from other frames. */
export type PathMarking =
  | { readonly kind: "rewrite"; readonly pair: MarkedPair; readonly mark: number }
  | { readonly kind: "mark"; readonly end: MarkedEnd; readonly mark: number }
  | {
      readonly kind: "tag";
      readonly vlan: number;
      readonly truncate: number | undefined;
      /** The destination of the frames, if it is a reserved address, or any of them. */
      readonly reservedDst: AddressBlock | undefined;
    };

/** A switch on the way of copies. */
export interface WayHop extends Hop {
  /** Its name, if it is not Open vSwitch. */
  readonly plainName: string | undefined;
  /** Another application forwards what hosts send: nothing of it is dropped. */
  readonly isShared: boolean;
}

/** A rule that copies need on their way; an equal rule may exist already. */
export interface PlannedRule {
  readonly id: string;
  /** The switch, by its place on the way. */
  readonly hop: number;
  /**
   * `guard`: drops what could be taken for a copy at the switches behind. `common`: matches all copies to the
   * monitor that come by a link. `own`: matches those of one pair of addresses, or from one address.
   */
  readonly kind: "guard" | "common" | "own";
  /** The port by which matching frames leave; undefined for a rule that sends nothing. */
  readonly out: PortNo | undefined;
  readonly build: (relies: Reliance) => FlowSpec;
}

/** What a rule relies on. */
export interface Reliance {
  readonly needs: readonly EntryRef[];
  /** The guard of the switch from which its frames come, if it has one. */
  readonly behind: EntryRef | undefined;
}

/** The rules that copies need on their way, in the order of its switches. */
export function plannedRules(
  hops: readonly WayHop[],
  monitor: PlacedMonitor,
  marking: PathMarking,
  ranges: MarkRanges,
): PlannedRule[] {
  return hops.flatMap((hop, index) => {
    switch (marking.kind) {
      case "tag":
        return taggedRules(hop, index, monitor, marking);
      case "mark":
        return wayRules(hop, index, markedWay(monitor, marking.end, marking.mark));
      case "rewrite": {
        const way = rewrittenWay(monitor, marking.pair, marking.mark, ranges.twoSided);
        return [...guards(hop, index, way), ...wayRules(hop, index, way)];
      }
      default:
        return marking satisfies never;
    }
  });
}

/** Copies that are distinguished by a mark. */
interface MarkedWay {
  /** Identity of all copies that take one way. */
  readonly id: string;
  /** The frames among which these copies are, whatever address they stand for. */
  readonly taken: readonly Constraint[];
  /** Identity of those that stand for the same address or pair. */
  readonly ownId: string;
  readonly own: readonly Constraint[];
  /** The port of the monitor. */
  readonly out: PortNo;
  /** Restores a copy and sends it to the monitor. */
  readonly restoring: FlowSpec["actions"];
}

function rewrittenWay(
  monitor: PlacedMonitor,
  pair: MarkedPair,
  mark: number,
  range: MarkRange | undefined,
): MarkedWay {
  if (range === undefined) throw new Error("a mark is in a range");
  const { ethDst, ethSrc, ip, truncate } = pair;
  const toMonitor = constraint("ethDst", pair.monitor);
  const type = ip === undefined ? [] : [constraint("ethType", etherTypeOf(ip.original))];
  return {
    id: pair.monitor.toString(16),
    taken: [toMonitor, inRange("ethSrc", range)],
    ownId: `${mark} ${pair.key}`,
    own: [toMonitor, constraint("ethSrc", mark), ...type],
    out: monitor.port,
    restoring: [
      setField("ethDst", ethDst),
      setField("ethSrc", ethSrc),
      ...(ip === undefined ? [] : [setIpDestination(ip.original)]),
      ...outputActions(monitor.port, truncate),
    ],
  };
}

function markedWay(monitor: PlacedMonitor, end: MarkedEnd, mark: number): MarkedWay {
  const { side, truncate, key } = end;
  const taken = constraint(side, mark, MONITOR_MASK);
  return {
    id: `${side} ${taken.value.toString(16)}`,
    taken: [taken],
    ownId: `${mark} ${key}`,
    own: [hasAddress(side, { ...end, address: mark })],
    out: monitor.port,
    restoring: [writeAddress(side, end), ...outputActions(monitor.port, truncate)],
  };
}

/**
 * The rules that move copies on at one switch, and restore them at the monitor's. All of them match the link
 * that copies come by, so that no host can send a frame that counts as a copy.
 *
 * The recovery rules, of which there may be ten thousands, do not name a link: one rule for each of the links
 * hands its copies to them. So copies that come to arrive by another link need one other rule.
 */
function wayRules(
  { dpid, inPort, outPort, plainName }: WayHop,
  hop: number,
  { id, taken, ownId, own, out, restoring }: MarkedWay,
): PlannedRule[] {
  if (inPort === undefined) return [];
  const from = constraint("inPort", inPort);
  const common = { id: `way ${id} ${dpid} ${inPort}`, hop, kind: "common" } as const;
  if (outPort !== undefined) {
    const build = (relies: Reliance) =>
      transit(matchOf([from, ...taken]), [output(outPort)], relies);
    return [{ ...common, out: outPort, build }];
  }
  if (plainName !== undefined) {
    const build = (relies: Reliance) => recovery(matchOf([from, ...own]), restoring, relies);
    return [{ id: `recovery ${dpid} ${inPort} ${ownId}`, hop, kind: "own", out, build }];
  }
  const handOver = (relies: Reliance) =>
    transit([...matchOf([from, ...taken]), inPass(Pass.first)], HAND_OVER, relies);
  const restore = () => recovery([...matchOf(own), inPass(Pass.arrived)], restoring);
  return [
    { ...common, out: undefined, build: handOver },
    { id: `recovery ${dpid} ${ownId}`, hop, kind: "own", out, build: restore },
  ];
}

/** Hands a copy to the recovery rules. */
const HAND_OVER: FlowSpec["actions"] = [setField("reg0", Pass.arrived), resubmit(TAP_TABLE)];

function inPass(pass: number): OxmField {
  return { field: "reg0", value: pass };
}

/**
 * Drops what the rules here or at the next switches would take for a copy, whatever its mark: it came by no
 * link of copies, or no recovery rule knows it. Where another application forwards, that is only what came by
 * such a link.
 */
function guards(
  { dpid, inPort, outPort, plainName, isShared }: WayHop,
  hop: number,
  { id, taken }: MarkedWay,
): PlannedRule[] {
  const rule = (where: string, matching: () => Match): PlannedRule[] => {
    const build = () => guard(matching());
    return [{ id: `guard ${dpid} ${id}${where}`, hop, kind: "guard", out: undefined, build }];
  };
  if (!isShared) return rule("", () => matchOf(taken));
  if (inPort === undefined || outPort !== undefined) return [];
  if (plainName !== undefined) {
    return rule(` ${inPort}`, () => matchOf([constraint("inPort", inPort), ...taken]));
  }
  return rule(" arrived", () => [...matchOf(taken), inPass(Pass.arrived)]);
}

/**
 * Matches the tag together with its ingress link. Where copies leave by a link, a guard drops other frames with the
 * id: the next switch would take them for copies. At the monitor's switch production frames may use the id.
 */
function taggedRules(
  { dpid, inPort, outPort, isShared }: WayHop,
  hop: number,
  monitor: PlacedMonitor,
  { vlan, truncate, reservedDst }: Extract<PathMarking, { readonly kind: "tag" }>,
): PlannedRule[] {
  const outer = constraint("vlanVid", VID_PRESENT + vlan);
  const guarding: PlannedRule[] =
    outPort === undefined || isShared
      ? []
      : [
          {
            id: `guard ${dpid} vlan ${vlan}`,
            hop,
            kind: "guard",
            out: undefined,
            build: () => guard(matchOf([outer])),
          },
        ];
  if (inPort === undefined) return guarding;
  const restored = outPort === undefined ? reservedDst : undefined;
  const what = restored === undefined ? "" : reservedKey(restored);
  const id = `tag ${vlan} ${truncate ?? ""} ${what} ${monitor.key} ${dpid} ${inPort}`;
  const tagged = [constraint("inPort", inPort), outer];
  const substituted = restored === undefined ? [] : [hasAddress("ethDst", substituteFor(restored))];
  const match = matchOf([...tagged, ...substituted]);
  const restoring = [
    popVlan(),
    ...(restored === undefined ? [] : [writeAddress("ethDst", restored)]),
    ...outputActions(monitor.port, truncate),
  ];
  const build = (relies: Reliance) =>
    outPort === undefined
      ? recovery(match, restoring, relies, Band.recovery + rankOf(restored))
      : transit(match, [output(outPort)], relies);
  return [...guarding, { id, hop, kind: "common", out: outPort ?? monitor.port, build }];
}

/** A rule for one reserved address precedes that for any of them, which precedes that for all frames. */
function rankOf(reserved: AddressBlock | undefined): number {
  if (reserved === undefined) return 0;
  return reserved.isSixteen ? 1 : 2;
}

/** A text that is equal for the same reserved addresses. */
export function reservedKey({ address, isSixteen }: AddressBlock): string {
  return isSixteen ? "any" : address.toString(16);
}

/** Turns a copy back into the frame that was sent. */
function recovery(
  match: Match,
  actions: FlowSpec["actions"],
  relies: Reliance = NOTHING,
  priority: number = Band.recovery,
): FlowSpec {
  const entry = { table: TAP_TABLE, priority, match, category: "recovery", actions } as const;
  return relies.needs.length === 0 ? entry : { ...entry, ...relyingOn(relies) };
}

/** Moves a copy on toward its monitor. */
function transit(match: Match, actions: FlowSpec["actions"], relies: Reliance): FlowSpec {
  const entry = { table: TAP_TABLE, priority: Band.transit, match, category: "transit" } as const;
  return { ...entry, actions, ...relyingOn(relies) };
}

/** Drops frames that could be taken for copies, and copies that no rule restores. */
function guard(match: Match): FlowSpec {
  return { table: TAP_TABLE, priority: Band.guard, match, category: "guard", actions: [] };
}

const NOTHING: Reliance = { needs: [], behind: undefined };

function relyingOn({ needs, behind }: Reliance): Pick<FlowSpec, "needs" | "behind"> {
  return behind === undefined ? { needs } : { needs, behind };
}
