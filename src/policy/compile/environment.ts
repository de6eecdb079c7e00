import type { ActionSpec } from "../../pipeline/index.ts";
import type { Dpid, PortNo, Topology } from "../../topology/index.ts";

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
}

/** Where a compile refuses to go on. */
export interface CompileLimits {
  /** How many match regions the lists and ranges of one policy may expand to. */
  readonly regionsPerPolicy: number;
  /** How many rules overlaps may add on one switch beyond those that policies ask for. */
  readonly intersectionsPerSwitch: number;
}

export const DEFAULT_LIMITS: CompileLimits = {
  regionsPerPolicy: 4096,
  intersectionsPerSwitch: 20_000,
};
