// SPDX-License-Identifier: Apache-2.0
import type { Match, OxmField } from "../../openflow/index.ts";
import { type Constraint, isExact, type Region, region } from "./region.ts";

/** By constraint: regions share constraints, and so matches share fields. */
const fields = new WeakMap<Constraint, OxmField>();

/** A region as the match of a flow entry, in canonical form. */
export function toMatch(region: Region): Match {
  return region.constraints.map((item) => {
    let known = fields.get(item);
    if (known === undefined) {
      known = toField(item);
      fields.set(item, known);
    }
    return known;
  });
}

/** Constraints on different fields, in any order, as the match of a flow entry. */
export function matchOf(constraints: readonly Constraint[]): Match {
  const frames = region(constraints);
  if (frames === undefined) throw new Error("constraints on different fields cannot contradict");
  return toMatch(frames);
}

function toField(item: Constraint): OxmField {
  const { field, value, mask } = item;
  const oxm = isExact(item) ? { field: field.name, value } : { field: field.name, value, mask };
  // A region's values have the type of their field: `FIELDS` agrees with the codec's table.
  return oxm as OxmField;
}
