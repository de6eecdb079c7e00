// SPDX-License-Identifier: Apache-2.0
import type { Bits } from "./bits.ts";
import type { Field } from "./fields.ts";

/** Values a field may have: any of the alternatives. */
export interface FilterTerm {
  readonly field: Field;
  readonly alternatives: readonly Alternative[];
  /** Hosts whose addresses are alternatives, too; see `withHostAddresses`. */
  readonly hosts?: readonly HostReference[];
}

/** Names hosts; one member is given. */
export interface HostReference {
  /** A host's name in the topology. */
  readonly host?: string;
  /** The `iface-id` of an interface. */
  readonly iface?: string;
  /** A workload: all its interfaces. */
  readonly workload?: string;
}

/** `frame value & mask = value`. */
export interface Alternative {
  readonly value: Bits;
  readonly mask: Bits;
}
