// SPDX-License-Identifier: Apache-2.0
/** Everything that the map shows at a time, apart from the moving dots. */

import type { LinkRates } from "../../data/rates.ts";
import type { Places } from "../layout/boxes.ts";
import { isEnd, type MapGraph, type MapLink } from "../model/graph.ts";
import { type MapOverlay, portKey } from "../model/overlay.ts";
import type { MapItem } from "../view/items.ts";

/** What the rates are shown in; off: no rates, no motion. */
export type TrafficMode = "off" | "pps" | "bps";

export interface Scene {
  readonly graph: MapGraph;
  readonly places: Places;
  readonly overlays: readonly MapOverlay[];
  readonly selected?: MapItem | undefined;
  readonly hovered?: MapItem | undefined;
  /** The item that has the keyboard. */
  readonly focused?: MapItem | undefined;
  readonly showsHosts: boolean;
  /** Ports of links, and rates beside them. */
  readonly showsLabels: boolean;
  readonly traffic: TrafficMode;
  /** Undefined: the server has none. */
  readonly rates?: LinkRates | undefined;
}

/** What of the network the overlays concern; everything else is dimmed. */
export interface Concerned {
  readonly switches: ReadonlySet<string>;
  readonly links: ReadonlySet<string>;
  /** Ports with a mark, as `portKey`. */
  readonly ports: ReadonlySet<string>;
}

/** Undefined: there is no overlay, and nothing is dimmed. */
export function concernedBy({ graph, overlays }: Scene): Concerned | undefined {
  if (overlays.length === 0) return undefined;
  const concerned = {
    switches: new Set<string>(),
    links: new Set<string>(),
    ports: new Set<string>(),
  };
  for (const { segments, marks } of overlays) {
    for (const { from, to } of segments) {
      concerned.switches.add(from.dpid);
      concerned.switches.add(to.dpid);
      const link = graph.links.find((each) => touches(each, from.dpid, from.port));
      if (link) concerned.links.add(link.id);
    }
    for (const { dpid, port } of marks) {
      concerned.switches.add(dpid);
      if (port !== undefined) concerned.ports.add(portKey({ dpid, port }));
    }
  }
  return concerned;
}

function touches({ a, b }: MapLink, dpid: string, port: number): boolean {
  return isEnd(a, dpid, port) || isEnd(b, dpid, port);
}
