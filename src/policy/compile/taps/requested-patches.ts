// SPDX-License-Identifier: Apache-2.0
import type { PatchedPort } from "../../../topology/index.ts";
import { isPlaced, type LostMonitor, type PlacedMonitor } from "../../placement/placed-monitors.ts";
import type { PolicyQuery } from "./policy-query.ts";

/** The ports that a policy needs patched to a bridge of OpenVTAP's own. */
export class RequestedPatches {
  readonly #found = new Map<string, PatchedPort>();

  add(patched: PatchedPort): void {
    const { dpid, port, use } = patched;
    this.#found.set(`${dpid} ${port} ${use}`, patched);
  }

  /** All of them, with the ports of monitors that get copies from the bridges of the others; in a fixed order. */
  withMonitors(
    monitors: readonly (PlacedMonitor | LostMonitor)[],
    query: Pick<PolicyQuery, "tapBridgeOf">,
  ): readonly PatchedPort[] {
    if (this.#found.size === 0) return [];
    const bridges = new Set([...this.#found.values()].map(({ dpid }) => query.tapBridgeOf(dpid)));
    for (const each of monitors) {
      if (!isPlaced(each) || each.party.tunnel !== undefined) continue;
      const bridge = query.tapBridgeOf(each.dpid);
      if (bridge === undefined || !bridges.has(bridge)) continue;
      this.add({ dpid: each.dpid, port: each.port, use: "copies" });
    }
    return [...this.#found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, patched]) => patched);
  }
}
