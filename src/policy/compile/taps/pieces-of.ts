// SPDX-License-Identifier: Apache-2.0
import { expandTerms } from "../../match-region/expand-terms.ts";
import type { FieldName } from "../../match-region/fields.ts";
import type { FilterTerm } from "../../match-region/filter-term.ts";
import {
  constraint,
  exactValue,
  intersect,
  isSame,
  type Region,
  single,
} from "../../match-region/region.ts";
import type { CompileLimits } from "../../model/compile-limits.ts";
import { RESERVED } from "../model/reserved-frames.ts";
import type { CutQuery } from "./policy-query.ts";
import { ipCuts } from "./rewritten-ip.ts";
import { knowsBySource, type Piece, type Tap } from "./tap.ts";

/** What frames a tap copies. */
interface Selection {
  /** All must hold. */
  readonly terms: readonly FilterTerm[];
  /** Frames for which all terms of one of these hold are not copied. */
  readonly exclude: readonly (readonly FilterTerm[])[];
}

/** The pieces of a tap; undefined when there are more than the limits allow. */
export function piecesOf(
  tap: Tap,
  { terms, exclude }: Selection,
  cuts: CutQuery,
  limits: CompileLimits,
): readonly Piece[] | undefined {
  const includes = expandTerms(terms, limits.regionsPerPolicy);
  if (includes === undefined) return undefined;
  const excludes: Region[] = [];
  for (const each of exclude) {
    const expanded = expandTerms(each, limits.regionsPerPolicy);
    if (expanded === undefined) return undefined;
    excludes.push(...expanded);
  }
  const { exceptInPort } = tap;
  const pieces: Piece[] = [];
  for (const include of includes) {
    pieces.push({ region: include, kind: "include", tap });
    for (const each of excludes) {
      const hole = intersect(include, each);
      if (hole !== undefined) pieces.push({ region: hole, kind: "exclude", tap });
    }
    const entering = exceptInPort && intersect(include, exactly("inPort", exceptInPort));
    if (entering) pieces.push({ region: entering, kind: "exceptInPort", tap });
    for (const cut of cutsFor(tap, include, cuts)) {
      const part = intersect(include, cut);
      if (part === undefined || isSame(part, include)) continue;
      pieces.push({ region: part, kind: "cut", tap });
    }
    if (pieces.length > limits.piecesPerPolicy) return undefined;
  }
  // A copy, whose capacity is no larger than its length.
  return pieces.slice();
}

/** The regions inside an include whose frames need other actions than its remaining frames. */
function cutsFor(tap: Tap, include: Region, cuts: CutQuery): Region[] {
  const { dpid, monitors, policy } = tap;
  const ethDst = exactValue(include, "ethDst") as number | undefined;
  const found: Region[] = [];
  if (ethDst === undefined) found.push(...destinationCuts(tap, cuts));
  if (exactValue(include, "ethSrc") === undefined) {
    for (const monitor of monitors) {
      if (!knowsBySource(tap, monitor)) continue;
      for (const mac of monitor.portMacs) found.push(exactly("ethSrc", mac));
    }
  }
  if (policy.rewriteIp) found.push(...ipCuts(include, monitors, cuts));
  if (exactValue(include, "inPort") === undefined) {
    const ports = [...copyPorts(tap, cuts), ...cuts.deadEnds(dpid, ethDst)];
    for (const port of ports) found.push(exactly("inPort", port));
  }
  return found;
}

function destinationCuts({ dpid, monitors, policy }: Tap, cuts: CutQuery): Region[] {
  const found: Region[] = [RESERVED, ...cuts.forwarding(dpid)];
  // A frame for a known host can be rewritten for the monitor, whatever its switch does with it.
  if (policy.delivery === "rewrite") found.push(...cuts.hosts());
  for (const { ownMacs } of monitors) {
    for (const mac of ownMacs) found.push(exactly("ethDst", mac));
  }
  return found;
}

/** The ports by which copies leave: a copy of a frame that entered there is sent back by IN_PORT. */
function copyPorts({ dpid, monitors }: Tap, cuts: CutQuery): number[] {
  return monitors.flatMap((monitor) => {
    if (monitor.party.tunnel === undefined) return cuts.copyPort(dpid, monitor) ?? [];
    return typeof monitor.tunnelPort === "number" ? monitor.tunnelPort : [];
  });
}

function exactly(name: FieldName, value: number): Region {
  return single(constraint(name, value));
}
