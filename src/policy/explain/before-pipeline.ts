// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import { formatParty } from "../model/party.ts";
import { besideName } from "../placement/beside.ts";
import type { DirectedView } from "../placement/directed-views.ts";
import type { PlacedEnds } from "../placement/placed-ends.ts";
import { describePlace } from "../placement/placement.ts";
import { tapPointsIn } from "../placement/switch-sight.ts";
import { type TapPoint, tapPoints } from "../placement/tap-points.ts";

/**
 * What a tap sees otherwise than expected where another application owns every table: frames as they enter, before
 * anything is done with them, or what mirrors hand over.
 */
export function beforePipeline(
  { view, ends }: { readonly view: DirectedView; readonly ends: PlacedEnds },
  topology: Topology,
): string[] {
  const found = tapPoints(view, ends, tapPointsIn(topology));
  const points = "reasons" in found ? [] : found.points;
  const to = formatParty(view.to);
  return points.flatMap(({ dpid, edge, mirrored, place }) => {
    if (mirrored !== undefined) return handedOver({ edge, place, mirrored }, topology);
    const name = besideName(topology, dpid);
    if (name === undefined) return [];
    const asTheyEnter = `frames are copied as they enter ${name}, before the ACLs, NAT and routing of the application that programs it: also those that it drops, and with the addresses that they have then`;
    if (edge === "sender") return [asTheyEnter];
    const routed = `frames for ${to} that get their address in the tables of ${name} (routed, translated or answered there): they enter with another one`;
    return [asTheyEnter, routed];
  });
}

/** What mirrors do not hand over, or not as expected. */
function handedOver(
  { edge, place, mirrored }: Pick<TapPoint, "edge" | "place" | "mirrored">,
  topology: Topology,
): string[] {
  const port = describePlace(topology, place);
  const tags = `frames with a VLAN tag that ${port} receives or sends as an access port of its bridge, and tags of VLAN 0 with priority 0: mirrors leave them out`;
  const shared = `frames of ${port} with other addresses than those of its hosts: it shares a mirror with other ports, and its frames are recognized by their addresses`;
  const twice = `frames for ${port} are copied as they leave there, after ACLs, NAT and routing; one with the source address of a host at another port whose frames are copied is left out here, a forged one, too; and one from a port where no host is known may be copied twice`;
  return [...(edge === "sender" ? [] : [twice]), ...(mirrored?.isShared ? [shared] : []), tags];
}
