// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../../../openflow/wire/address.ts";
import { formatParty } from "../../model/party.ts";
import type { DirectedView } from "../../placement/directed-views.ts";
import type { Place, Placement } from "../../placement/placement.ts";
import type { PlanProblem } from "../model/policy-plan.ts";
import type { PolicyQuery } from "./policy-query.ts";

/**
 * Hosts that have moved, and of which frames still enter at a port that they have left: another device uses the
 * address, or the host evades taps. All are copied; which of them are the host's is not known.
 */
export function leftBehind(
  { from, roles }: DirectedView,
  placement: Placement,
  query: Pick<PolicyQuery, "placeName">,
): PlanProblem[] {
  if (placement.kind === "nowhere") return [];
  const { places } = placement;
  return places.flatMap((place): PlanProblem[] => {
    if (place.former !== "used" || place.mac === undefined) return [];
    const present = places.find(({ mac, former }) => mac === place.mac && former === undefined);
    if (present === undefined) return [];
    const what = `frames of ${roles.from} ${nameOf(from, place.mac)} enter at ${query.placeName(present)}, and at ${query.placeName(place)}, which it has left: those of both are copied`;
    return [{ blocks: "part", what, state: "degraded" }];
  });
}

function nameOf(party: DirectedView["from"], mac: Place["mac"] & number): string {
  const [name, address] = [formatParty(party), formatMac(mac)];
  return name === address ? name : `${name} (${address})`;
}
