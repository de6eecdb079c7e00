// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import type { Party } from "../model/policy.ts";
import type { DirectedView, Role } from "./directed-views.ts";
import { type Placement, placeOf } from "./placement.ts";

/** Where the two ends of a view are. */
export interface PlacedEnds {
  readonly from: Placement;
  readonly to: Placement;
}

/** Locates an end of a policy's conversations. */
export type LocateEnd = (party: Party, role: Role) => Placement;

/** Locates the two ends of a view. */
export function placeEnds({ from, to, roles }: DirectedView, locate: LocateEnd): PlacedEnds {
  return { from: locate(from, roles.from), to: locate(to, roles.to) };
}

/** Locates ends in a topology, each once: a policy's views have many ends in common. */
export function endsIn(topology: Topology): LocateEnd {
  return eachOnce((party, role) => placeOf(topology, party, role));
}

/** Locates each end once. */
export function eachOnce(locate: LocateEnd): LocateEnd {
  const known: Record<Role, Map<Party, Placement>> = { sender: new Map(), receiver: new Map() };
  return (party, role) => {
    const found = known[role].get(party) ?? locate(party, role);
    known[role].set(party, found);
    return found;
  };
}
