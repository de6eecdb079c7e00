// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PatchedPort } from "../../../topology/index.ts";
import { isPlaced, type LostMonitor, type PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { PolicyQuery } from "./policy-query.ts";

/** What a policy needs of bridges of OpenVTAP's own, in a fixed order. */
export interface BridgeNeeds {
  /** The ports that must be patched to such a bridge. */
  readonly patches: readonly PatchedPort[];
  /** Such bridges between which copies take tunnels. */
  readonly tunnels: readonly Dpid[];
}

const NO_NEEDS: BridgeNeeds = { patches: [], tunnels: [] };

/** The ports whose frames a policy needs handed to a bridge of OpenVTAP's own. */
export class RequestedPatches {
  readonly #found = new Map<string, PatchedPort>();

  add(patched: PatchedPort): void {
    const { dpid, port, use } = patched;
    this.#found.set(`${dpid} ${port} ${use}`, patched);
  }

  /** All needs, with those of the monitors that get copies from the bridges. */
  withMonitors(
    monitors: readonly (PlacedMonitor | LostMonitor)[],
    query: Pick<PolicyQuery, "tapBridgeOf" | "deliveringBridge">,
  ): BridgeNeeds {
    if (this.#found.size === 0) return NO_NEEDS;
    const makers = new Set<Dpid>();
    for (const { dpid } of this.#found.values()) {
      const bridge = query.tapBridgeOf(dpid);
      if (bridge !== undefined) makers.add(bridge);
    }
    const tunnels = new Set<Dpid>();
    for (const each of monitors) {
      if (!isPlaced(each) || each.party.tunnel !== undefined) continue;
      const bridge = query.deliveringBridge(each.dpid);
      if (bridge === undefined) continue;
      if (bridge !== each.dpid) this.add({ dpid: each.dpid, port: each.port, use: "copies" });
      const others = [...makers].filter((maker) => maker !== bridge);
      if (others.length > 0) for (const end of [bridge, ...others]) tunnels.add(end);
    }
    const patches = [...this.#found].sort(([a], [b]) => (a < b ? -1 : 1));
    return { patches: patches.map(([, patched]) => patched), tunnels: [...tunnels].sort() };
  }
}
