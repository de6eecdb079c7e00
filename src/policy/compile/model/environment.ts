import type { ActionSpec } from "../../../flow-model/index.ts";
import type { Dpid, PortNo, Topology } from "../../../topology/index.ts";
import type { CompileLimits } from "../../model/compile-limits.ts";
import type { MarkHash } from "./tap-marks.ts";

/** What a compile depends on besides the policies. */
export interface CompileEnvironment {
  readonly topology: Topology;
  /**
   * What base forwarding does with a frame for `ethDst` that enters by `inPort` (undefined: by any
   * port); empty for a frame that it drops.
   */
  readonly originalActions: (
    dpid: Dpid,
    inPort: PortNo | undefined,
    ethDst: number,
  ) => readonly ActionSpec[];
  readonly limits?: Partial<CompileLimits>;
  /**
   * VLAN ids that only taps use on the links between switches, for tagged copies. None unless told:
   * a match cannot tell an outer tag of ours from a production tag, so nobody but the administrator
   * can say which ids are free.
   */
  readonly tapVlans?: VlanRange;
  /** Where tap marks come from; tests put in one that collides often. */
  readonly markHash?: MarkHash;
}

/** VLAN ids from `first` to `last`, both included. */
export interface VlanRange {
  readonly first: number;
  readonly last: number;
}
