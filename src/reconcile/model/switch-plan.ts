// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import type { InstalledFlow } from "./installed.ts";
import type { SwitchError } from "./switch-error.ts";
import type { TableChange } from "./table-change.ts";

/** The changes of a switch's next round. */
export interface SwitchPlan {
  /** In the order in which they must take effect. */
  readonly changes: readonly TableChange[];
  /** The keys it deals with: those of the changes, and those with nothing to do. */
  readonly keys: readonly FlowKey[];
  /** The keys of flow entries that the changes are about. */
  readonly touches: ReadonlySet<FlowKey>;
  /** The keys of flow entries that are added over themselves, which begins their ages anew. */
  readonly readded: readonly FlowKey[];
  /** New records of entries that are on the switch as they should be. */
  readonly settled: readonly InstalledFlow[];
  /** Entries that cannot be installed because their group or meter was refused. */
  readonly refusals: ReadonlyMap<FlowKey, SwitchError>;
  /** Entries that wait for floods to end on other switches. */
  readonly waiting: readonly FlowKey[];
  /** Something is left for another round. */
  readonly more: boolean;
}
