// SPDX-License-Identifier: Apache-2.0
import type { Match, OxmField } from "../../openflow/index.ts";
import { FIELDS, type Field } from "./fields.ts";
import { type Constraint, constraint, type Region, region } from "./region.ts";

/** A match of any flow entry, divided by what a region can state. */
export interface DividedMatch {
  readonly region: Region;
  /** The fields of the match that no region has: metadata, registers, tunnels, connection tracking. */
  readonly others: readonly OxmField[];
}

const byName = new Map<string, Field>(FIELDS.map((field) => [field.name, field]));

/** Divides a match; undefined when it contradicts itself. `toMatch` reverts it where nothing is left over. */
export function dividedMatch(match: Match): DividedMatch | undefined {
  const constraints: Constraint[] = [];
  const others: OxmField[] = [];
  for (const item of match) {
    const field = byName.get(item.field);
    if (field === undefined || !("value" in item)) others.push(item);
    else if (Number(item.mask ?? 1) !== 0) {
      constraints.push(constraint(field.name, item.value, item.mask));
    }
  }
  const found = region(constraints);
  return found && { region: found, others };
}
