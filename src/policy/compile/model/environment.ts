// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "../../../flow-model/index.ts";
import type { Dpid, PortNo, Topology } from "../../../topology/index.ts";
import type { CompileLimits } from "../../model/compile-limits.ts";
import type { MarkHash } from "./tap-marks.ts";

/** The input of a compile besides the policies. */
export interface CompileEnvironment {
  readonly topology: Topology;
  /**
   * The actions of base forwarding for a frame for `ethDst` that enters by `inPort` (undefined: by
   * any port); empty when it drops the frame.
   */
  readonly originalActions: (
    dpid: Dpid,
    inPort: PortNo | undefined,
    ethDst: number,
  ) => readonly ActionSpec[];
  readonly limits?: Partial<CompileLimits>;
  /**
   * VLAN ids that only taps use on the links between switches, for tagged copies. Default: none. A
   * match cannot distinguish OpenVTAP's outer tag from a production tag, so only the administrator
   * can name free ids.
   */
  readonly tapVlans?: VlanRange;
  /** The hash that tap marks are made from; tests supply one that collides often. */
  readonly markHash?: MarkHash;
  /**
   * The secret that one-sided marks are made with, so that no host can compute them. Default, for tests
   * and documentation: none.
   */
  readonly markKey?: Uint8Array;
  /** Whether the ways of copies can be probed. Default: no. */
  readonly pathProbes?: boolean;
}

/** VLAN ids from `first` to `last`, both included. */
export interface VlanRange {
  readonly first: number;
  readonly last: number;
}
