// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PatchUse, PortAt, PortNo, Topology } from "../../topology/index.ts";
import type { Policy } from "../model/policy.ts";
import { directedViews, viewQueryIn } from "./directed-views.ts";
import { mirroredPort } from "./mirrored-ports.ts";
import { endsIn, placeEnds } from "./placed-ends.ts";
import { tapPoints } from "./tap-points.ts";

/** The ports that policies use as tunnels for their copies, whether the policies are in effect or not. */
interface TunnelPorts {
  /** At these switches and ports. */
  readonly numbered: readonly PortAt[];
  /** At every switch that has a port of this name: the policy may be placed there later. */
  readonly names: ReadonlySet<string>;
}

/**
 * The ports that policies name as tunnels. A number means a port of the switches where the policy taps: on
 * another switch it is another port.
 */
export function tunnelPortsOf(policies: Iterable<Policy>, topology: Topology): TunnelPorts {
  const names = new Set<string>();
  const numbered: PortAt[] = [];
  for (const policy of policies) {
    const numbers = new Set<PortNo>();
    for (const { tunnel } of policy.monitors) {
      if (typeof tunnel?.port === "string") names.add(tunnel.port);
      else if (tunnel !== undefined) numbers.add(tunnel.port as PortNo);
    }
    if (numbers.size === 0) continue;
    for (const dpid of tapSwitches(policy, topology)) {
      for (const port of numbers) numbered.push({ dpid, port });
    }
  }
  return { names, numbered };
}

/** The switches where a policy taps. */
function tapSwitches(policy: Policy, topology: Topology): ReadonlySet<Dpid> {
  const locate = endsIn(topology);
  const query = {
    macsAt: ({ dpid, port }: PortAt) => topology.macsAt(dpid, port),
    copiesFloods: () => false,
    mirroredPort: ({ dpid, port }: PortAt, use: PatchUse) =>
      mirroredPort(topology, { dpid, port, use }),
  };
  const found = new Set<Dpid>();
  for (const view of directedViews(policy, viewQueryIn(topology))) {
    const taps = tapPoints(view, placeEnds(view, locate), query);
    if ("points" in taps) for (const { dpid } of taps.points) found.add(dpid);
  }
  return found;
}
