// SPDX-License-Identifier: Apache-2.0
/** All of the map screen that its address holds. */
import type { TrafficMode } from "./draw/scene.ts";
import { itemKey, itemOfKey, type MapItem } from "./view/items.ts";

export interface MapQuery {
  /** Ids of the selected policies. */
  readonly policies: readonly string[];
  readonly item: MapItem | undefined;
  readonly showsHosts: boolean;
  readonly showsLabels: boolean;
  readonly traffic: TrafficMode;
  /** Part of the width that the map has, in percent: 0 to 100. */
  readonly split: number;
  /** Whether the user wants a map of a network that is too large for one. */
  readonly isForced: boolean;
}

const SPLIT = 60;

type Query = Readonly<Record<string, string>>;

export function readMapQuery(query: Query): MapQuery {
  const split = Number(query.split ?? SPLIT);
  const traffic = query.traffic;
  return {
    policies: (query.policy ?? "").split(",").filter((id) => id !== ""),
    item: query.item === undefined ? undefined : itemOfKey(query.item),
    showsHosts: query.hosts !== "off",
    showsLabels: query.labels === "on",
    traffic: traffic === "off" || traffic === "bps" ? traffic : "pps",
    split: Number.isFinite(split) ? Math.max(0, Math.min(100, split)) : SPLIT,
    isForced: query.map === "on",
  };
}

/** Members of the query; an empty text stands for the default, which addresses leave out. */
export function writeMapQuery(state: Partial<MapQuery>): Record<string, string> {
  const query: Record<string, string> = {};
  if (state.policies) query.policy = state.policies.join(",");
  if ("item" in state) query.item = state.item ? itemKey(state.item) : "";
  if (state.showsHosts !== undefined) query.hosts = state.showsHosts ? "" : "off";
  if (state.showsLabels !== undefined) query.labels = state.showsLabels ? "on" : "";
  if (state.traffic !== undefined) query.traffic = state.traffic === "pps" ? "" : state.traffic;
  if (state.split !== undefined) query.split = state.split === SPLIT ? "" : String(state.split);
  if (state.isForced !== undefined) query.map = state.isForced ? "on" : "";
  return query;
}

/** The next unit of the cycle off, packets, bits. */
export function nextTraffic(mode: TrafficMode): TrafficMode {
  return ({ off: "pps", pps: "bps", bps: "off" } as const)[mode];
}
