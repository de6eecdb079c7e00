import type { Match, OxmField } from "../../openflow/index.ts";
import { isExact, type Region } from "./region.ts";

/** A region as the match of a flow entry, in canonical form. */
export function toMatch(region: Region): Match {
  return region.constraints.map((item) => {
    const { field, value, mask } = item;
    const oxm = isExact(item) ? { field: field.name, value } : { field: field.name, value, mask };
    // A region's values are of the kind their field has: `FIELDS` agrees with the codec's table.
    return oxm as OxmField;
  });
}
