// SPDX-License-Identifier: Apache-2.0

import type { Steps } from "../../lang/steps.ts";
import type { Dpid } from "../../topology/index.ts";
import type { PolicyId } from "../model/policy.ts";
import type { CompiledPolicy } from "./taps/compile-taps.ts";
import type { Piece } from "./taps/tap.ts";

/** Most ids of other policies that a message lists. */
const MOST_LISTED = 10;

/** Why a policy does not fit into the tables, a clause. */
export function* overlapRefusal(
  { policy, taps }: CompiledPolicy,
  policiesIn: (piece: Piece) => Iterable<PolicyId>,
  intersectionsPerSwitch: number,
): Steps<string> {
  const others = new Set<PolicyId>();
  const regions = new Set<string>();
  for (const { pieces } of taps) {
    for (const piece of pieces) {
      yield;
      regions.add(piece.region.key);
      // The others of its pieces are inside one that includes.
      if (piece.kind === "include") for (const id of policiesIn(piece)) others.add(id);
    }
  }
  others.delete(policy.id);
  const ids = [...others].sort();
  const listed = ids.slice(0, MOST_LISTED).join(", ") + (ids.length > MOST_LISTED ? ", …" : "");
  const noun = ids.length === 1 ? "policy" : "policies";
  // One with a project may not learn of the policies of others.
  const named =
    policy.project === undefined
      ? `those of ${ids.length} other ${noun} (${listed})`
      : "those of other policies";
  const whose = ids.length === 0 ? "each other" : named;
  return `its ${regions.size} match regions overlap ${whose} so that more than ${intersectionsPerSwitch} rules for intersections would be needed on a switch`;
}

/** The number of regions that each switch may have when all of these policies are added. */
export function* commonCeilings(
  all: readonly CompiledPolicy[],
  intersectionsPerSwitch: number,
): Steps<Map<Dpid, number>> {
  const regions = new Map<Dpid, Set<string>>();
  for (const { taps } of all) {
    yield;
    for (const { dpid, pieces } of taps) {
      const keys = regions.get(dpid) ?? new Set<string>();
      for (const { region } of pieces) keys.add(region.key);
      regions.set(dpid, keys);
    }
  }
  return new Map([...regions].map(([dpid, keys]) => [dpid, keys.size + intersectionsPerSwitch]));
}
