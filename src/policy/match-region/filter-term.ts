// SPDX-License-Identifier: Apache-2.0
import type { Bits } from "./bits.ts";
import type { Field } from "./fields.ts";

/** Values a field may have: any of the alternatives. */
export interface FilterTerm {
  readonly field: Field;
  readonly alternatives: readonly Alternative[];
  /** Names of hosts whose addresses are alternatives, too; see `withHostAddresses`. */
  readonly hosts?: readonly string[];
}

/** `frame value & mask = value`. */
export interface Alternative {
  readonly value: Bits;
  readonly mask: Bits;
}
