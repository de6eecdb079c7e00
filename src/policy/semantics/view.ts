// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../../topology/index.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { Party } from "../model/policy.ts";

/** A switch port by which a frame enters. */
export interface Ingress {
  readonly dpid: Dpid;
  readonly inPort: PortNo;
}

/** The end of the conversation at whose switch a frame is tapped. */
export type Edge = "sender" | "receiver";

/** One sender, one receiver, one filter and one direction of a policy: all that it selects. */
export interface View {
  readonly from: Party;
  readonly to: Party;
  readonly filters: readonly FilterTerm[];
  readonly exclude: readonly (readonly FilterTerm[])[];
  /** The project at whose ports alone it taps; undefined: at all. */
  readonly project?: string;
}
