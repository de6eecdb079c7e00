// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import type { ForeignFlow } from "./foreign-flow.ts";
import type { InstalledFlow, InstalledGroup, InstalledMeter } from "./installed.ts";

/** The meters of a switch as read, or why it has none. */
export interface MeterTable {
  /** OpenVTAP's own meters. */
  readonly meters: ReadonlyMap<number, InstalledMeter>;
  /** Ids of other applications' meters. */
  readonly foreign: ReadonlySet<number>;
  /** Why the switch supports no meters, in words. */
  readonly unsupported?: string;
}

/** The tables of a switch as read from it. */
export interface Tables {
  /** OpenVTAP's own flow entries. */
  readonly flows: ReadonlyMap<FlowKey, InstalledFlow>;
  /** OpenVTAP's own groups. */
  readonly groups: ReadonlyMap<number, InstalledGroup>;
  /** Ids of other applications' groups. */
  readonly foreignGroups: ReadonlySet<number>;
  readonly meters: MeterTable;
  /** Other applications' flow entries. */
  readonly foreignFlows: ReadonlyMap<FlowKey, ForeignFlow>;
}

/** The tables of a switch that holds nothing. */
export function noTables(): Tables {
  const none: ReadonlySet<number> = new Set();
  const meters: MeterTable = { meters: new Map(), foreign: none };
  return {
    flows: new Map(),
    groups: new Map(),
    foreignGroups: none,
    meters,
    foreignFlows: new Map(),
  };
}
