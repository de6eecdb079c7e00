// SPDX-License-Identifier: Apache-2.0
import { Band, type EntryRef, type FlowSpec, TAP_TABLE } from "../../../flow-model/index.ts";
import { type Match, output, popVlan, setField } from "../../../openflow/index.ts";
import {
  type Dpid,
  type Hop,
  type PortNo,
  TAP_MARK_MASK,
  TAP_MARK_PREFIX,
} from "../../../topology/index.ts";
import { VID_PRESENT } from "../../match-region/fields.ts";
import { constraint, type Region, region } from "../../match-region/region.ts";
import { toMatch } from "../../match-region/to-match.ts";
import type { PlacedMonitor } from "../../placement/placed-monitors.ts";
import { type AddressBlock, hasAddress, writeAddress } from "../model/address-block.ts";
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

/** A rule that copies need on their path; an equal rule may exist already. */
export interface PlannedRule {
  readonly id: string;
  readonly dpid: Dpid;
  /** The port by which matching frames leave; undefined for a rule that drops. */
  readonly out: PortNo | undefined;
  /** `rest`: the entries that match the frames next, up to the monitor's switch. */
  readonly build: (rest: readonly EntryRef[]) => FlowSpec;
  /** It matches all copies on this path, not only those of one pair of addresses. */
  readonly isCommon: boolean;
}

/** The rules that copies need on a path, in the order of its switches. */
export function plannedRules(
  hops: readonly Hop[],
  monitor: PlacedMonitor,
  marking: PathMarking,
): PlannedRule[] {
  switch (marking.kind) {
    case "tag":
      return hops.flatMap((hop) => taggedRule(hop, monitor, marking));
    case "mark":
      return hops.flatMap((hop) => markedRule(hop, monitor, marking.end, marking.mark));
    case "rewrite":
      return hops.flatMap((hop) => rewrittenRules(hop, monitor, marking.pair, marking.mark));
    default:
      return marking satisfies never;
  }
}

function rewrittenRules(
  { dpid, outPort }: Hop,
  monitor: PlacedMonitor,
  pair: MarkedPair,
  mark: number,
): PlannedRule[] {
  const mac = pair.monitor;
  if (outPort !== undefined) {
    const build = (rest: readonly EntryRef[]) => transit(copiesFor(mac), outPort, rest);
    return [{ id: `transit ${mac} ${dpid}`, dpid, out: outPort, build, isCommon: true }];
  }
  return [
    {
      id: `recovery ${dpid} ${mark} ${pair.key}`,
      dpid,
      out: monitor.port,
      build: () => pairRecovery(monitor, pair, mark),
      isCommon: false,
    },
    {
      id: `guard ${dpid} ${mac}`,
      dpid,
      out: undefined,
      build: () => guard(mac),
      isCommon: true,
    },
  ];
}

/**
 * Matches a one-sided mark together with its ingress link: no host can send a frame that counts as a
 * copy. On the way all copies to the monitor match one rule for each side.
 */
function markedRule(
  { dpid, inPort, outPort }: Hop,
  monitor: PlacedMonitor,
  end: MarkedEnd,
  mark: number,
): PlannedRule[] {
  if (inPort === undefined) return [];
  const { side } = end;
  const from = constraint("inPort", inPort);
  const isTransit = outPort !== undefined;
  const marked = isTransit
    ? constraint(side, mark, MONITOR_MASK)
    : hasAddress(side, { ...end, address: mark });
  const match = toMatch(mustBe(region([from, marked])));
  const id = `${side} ${marked.value.toString(16)} ${isTransit ? "" : end.key} ${dpid} ${inPort}`;
  const build = (rest: readonly EntryRef[]) =>
    isTransit
      ? transit(match, outPort, rest)
      : recovery(match, [writeAddress(side, end), ...outputActions(monitor.port, end.truncate)]);
  return [{ id, dpid, out: outPort ?? monitor.port, build, isCommon: isTransit }];
}

/** Matches the tag together with its ingress link: production frames may use the id at the edges. */
function taggedRule(
  { dpid, inPort, outPort }: Hop,
  monitor: PlacedMonitor,
  { vlan, truncate, reservedDst }: Extract<PathMarking, { readonly kind: "tag" }>,
): PlannedRule[] {
  if (inPort === undefined) return [];
  const restored = outPort === undefined ? reservedDst : undefined;
  const what = restored === undefined ? "" : reservedKey(restored);
  const id = `tag ${vlan} ${truncate ?? ""} ${what} ${monitor.key} ${dpid} ${inPort}`;
  const tagged = [constraint("inPort", inPort), constraint("vlanVid", VID_PRESENT + vlan)];
  const substituted = restored === undefined ? [] : [hasAddress("ethDst", substituteFor(restored))];
  const match = toMatch(mustBe(region([...tagged, ...substituted])));
  const restoring = [
    popVlan(),
    ...(restored === undefined ? [] : [writeAddress("ethDst", restored)]),
    ...outputActions(monitor.port, truncate),
  ];
  const build = (rest: readonly EntryRef[]) =>
    outPort === undefined
      ? recovery(match, restoring, Band.recovery + rankOf(restored))
      : transit(match, outPort, rest);
  return [{ id, dpid, out: outPort ?? monitor.port, build, isCommon: true }];
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

/** Restores both addresses of a copy that arrived and sends it by the monitor's port. */
function pairRecovery(monitor: PlacedMonitor, pair: MarkedPair, mark: number): FlowSpec {
  return recovery(copiesFor(pair.monitor, mark, pair.ip && etherTypeOf(pair.ip.original)), [
    setField("ethDst", pair.ethDst),
    setField("ethSrc", pair.ethSrc),
    ...(pair.ip === undefined ? [] : [setIpDestination(pair.ip.original)]),
    ...outputActions(monitor.port, pair.truncate),
  ]);
}

/** Turns a copy back into the frame that was sent. */
function recovery(
  match: Match,
  actions: FlowSpec["actions"],
  priority: number = Band.recovery,
): FlowSpec {
  return { table: TAP_TABLE, priority, match, category: "recovery", actions };
}

/** Drops a copy without a recovery rule: no host may receive it with rewritten addresses. */
function guard(mac: number): FlowSpec {
  const match = copiesFor(mac);
  return { table: TAP_TABLE, priority: Band.guard, match, category: "guard", actions: [] };
}

/** Forwards a copy toward its monitor. */
function transit(match: Match, port: PortNo, needs: readonly EntryRef[]): FlowSpec {
  const actions = [output(port)];
  return { table: TAP_TABLE, priority: Band.transit, match, category: "transit", actions, needs };
}

/** Copies for a monitor: those with one mark (which may identify IP packets only), or all of them. */
function copiesFor(mac: number, mark?: number, ethType?: number): Match {
  const source =
    mark === undefined
      ? constraint("ethSrc", TAP_MARK_PREFIX, TAP_MARK_MASK)
      : constraint("ethSrc", mark);
  const type = ethType === undefined ? [] : [constraint("ethType", ethType)];
  return toMatch(mustBe(region([constraint("ethDst", mac), source, ...type])));
}

function mustBe(of: Region | undefined): Region {
  if (of === undefined) throw new Error("constraints on different fields cannot contradict");
  return of;
}
