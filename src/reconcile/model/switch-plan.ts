import type { FlowKey } from "../../flow-model/index.ts";
import type { InstalledFlow } from "./installed.ts";
import type { SwitchError } from "./switch-error.ts";
import type { TableChange } from "./table-change.ts";

/** The next round of changes of a switch. */
export interface SwitchPlan {
  /** In the order in which they must take effect. */
  readonly mods: readonly TableChange[];
  /** The keys it deals with: those of the mods, and those with nothing to do. */
  readonly keys: readonly FlowKey[];
  /** The keys of flow entries that the mods change. */
  readonly touches: ReadonlySet<FlowKey>;
  /** Entries that are on the switch as they should be, with their new records. */
  readonly settled: readonly InstalledFlow[];
  /** Entries that cannot be because their group or meter was refused. */
  readonly refusals: ReadonlyMap<FlowKey, SwitchError>;
  /** Entries that wait for floods to end elsewhere. */
  readonly waiting: readonly FlowKey[];
  /** Something is left for another round. */
  readonly more: boolean;
}
