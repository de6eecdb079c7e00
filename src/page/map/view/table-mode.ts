// SPDX-License-Identifier: Apache-2.0
import type { MapGraph } from "../model/graph.ts";

/** Above this number of switches the map gives way to the table, */
const TO_TABLE = 150;
/** and comes back at this one: a network of about this size does not flip between both. */
const TO_MAP = 120;
/** Above this number of drawn nodes, too; hosts are aggregated long before. */
const MOST_NODES = 1_000;

/** Whether the network is too large for a map, given whether it was before. */
export function isTableMode(graph: MapGraph, wasTable: boolean): boolean {
  const switches = graph.switches.size;
  const nodes = [...graph.switches.values()].reduce((sum, { rows }) => sum + rows.length, switches);
  if (switches > TO_TABLE || nodes > MOST_NODES) return true;
  return wasTable && (switches > TO_MAP || nodes > (MOST_NODES * TO_MAP) / TO_TABLE);
}
