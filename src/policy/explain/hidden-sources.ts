// SPDX-License-Identifier: Apache-2.0
import type { Topology } from "../../topology/index.ts";
import { namesDevice } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";
import type { DirectedView } from "../placement/directed-views.ts";
import { ingressSwitches, viewsOf } from "../placement/ingress-switches.ts";
import type { PlacedEnds } from "../placement/placed-ends.ts";
import {
  isPlaced,
  type LostMonitor,
  nameOf,
  type PlacedMonitor,
} from "../placement/placed-monitors.ts";
import { tapPointsIn } from "../placement/switch-sight.ts";
import { tapPoints } from "../placement/tap-points.ts";

/** Most switches that a sentence names. */
const MOST_NAMES = 3;

/**
 * Frames that forge a source address of a monitor's port, where they enter at switches that have no ingress
 * taps for them.
 */
export function hiddenSources(
  policy: Policy,
  { view, ends }: { readonly view: DirectedView; readonly ends: PlacedEnds },
  monitors: readonly (PlacedMonitor | LostMonitor)[],
  topology: Topology,
): string[] {
  if (namesDevice(view.from)) return [];
  const found = tapPoints(view, ends, tapPointsIn(topology));
  const points = "reasons" in found ? [] : found.points;
  const receivers = points.flatMap(({ edge, dpid }) => (edge === "receiver" ? [dpid] : []));
  return receivers.flatMap((receiverAt) =>
    monitors.filter(isPlaced).flatMap((monitor) => {
      const { dpid, portMacs } = monitor;
      if (dpid === receiverAt || portMacs.length === 0) return [];
      const tapped = ingressSwitches(topology, dpid, receiverAt, viewsOf(policy));
      const others = [...topology.switches.values()].filter(
        (each) => each.programmed && each.portsKnown && !tapped.includes(each.dpid),
      );
      if (others.length === 0) return [];
      const names = others.slice(0, MOST_NAMES).map(({ name }) => name);
      const more = others.length > MOST_NAMES ? ` and ${others.length - MOST_NAMES} more` : "";
      return [
        `for monitor ${nameOf(monitor)}: frames with the source address of a host at its port that enter at ${names.join(", ")}${more} (of a host with "role": "monitor" they are copied)`,
      ];
    }),
  );
}
