// SPDX-License-Identifier: Apache-2.0
import type { GroupId, Party } from "./policy.ts";

/** Addresses and hosts under one name, for policies to refer to. */
export interface Group {
  readonly id: GroupId;
  /** At least one; each has exactly one of `mac`, `ip`, `host`, `iface` and `workload`. */
  readonly members: readonly Party[];
}

/** The groups that a policy may name, by id. */
export type Groups = ReadonlyMap<string, Group>;

export const NO_GROUPS: Groups = new Map();
