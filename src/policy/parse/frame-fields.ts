// SPDX-License-Identifier: Apache-2.0
import { complete } from "../../lang/steps.ts";
import { didYouMean, type JsonPath, type JsonProblem } from "../../topology/index.ts";
import { FIELD_NAMES, filterField } from "../match-region/fields.ts";
import type { FrameFields } from "../match-region/region.ts";
import { parseFilterValue } from "./filter-values.ts";

/** Of a field's value in a frame; any but one is a mistake, which its text names. */
const MAX_ALTERNATIVES = 4096;

/** A frame as a user describes it: values by the names that filters use. */
export type FrameDocument = Readonly<Record<string, number | string>>;

/**
 * Reads the fields of a frame, written as in filters but each with one value. Problems are appended;
 * the fields that they concern are omitted.
 */
export function parseFrameFields(
  document: FrameDocument,
  path: JsonPath,
  problems: JsonProblem[],
): FrameFields {
  const fields: Record<string, number | bigint> = {};
  for (const [name, value] of Object.entries(document)) {
    const field = filterField(name);
    const place = [...path, name];
    if (field === undefined) {
      const what = `there is no field "${name}"`;
      const remedy = didYouMean(name, FIELD_NAMES) ?? "write it as in a policy's filters";
      problems.push({ path: place, what, remedy });
      continue;
    }
    const before = problems.length;
    const reading = { path: place, problems, most: MAX_ALTERNATIVES };
    const values = complete(parseFilterValue(field, value, reading));
    const [first, second] = values?.alternatives ?? [];
    if (problems.length > before) continue;
    if (first === undefined || second !== undefined || first.mask !== field.fullMask) {
      const what = `a frame has one ${name}, not ${JSON.stringify(value)}`;
      problems.push({ path: place, what, remedy: "write one value" });
      continue;
    }
    fields[field.name] = first.value;
  }
  return fields;
}
