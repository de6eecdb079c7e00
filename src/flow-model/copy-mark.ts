// SPDX-License-Identifier: Apache-2.0
import type { ActionSpec } from "./entry.ts";

/**
 * Identifies a copy's bucket among the buckets of its group, whatever port it outputs to: the fields
 * that it writes, or the port when it writes none. Equal for a desired bucket and the same bucket as
 * a switch lists it.
 */
export function copyMark(actions: readonly ActionSpec[]): string {
  const marks: string[] = [];
  const ports: string[] = [];
  for (const action of actions) {
    if (action.type === "output") ports.push(`output:${action.port}`);
    else if (action.type === "nxRegLoad") marks.push(loadText(action));
    else if (action.type !== "setField") marks.push(action.type);
    else if ("value" in action.field) marks.push(`${action.field.field}=${action.field.value}`);
    else marks.push(action.field.field);
  }
  return (marks.length > 0 ? marks.sort() : ports).join();
}

/** Part of a field may be written: two copies of a frame for any reserved address differ by it alone. */
function loadText({ dst, range, value }: Extract<ActionSpec, { type: "nxRegLoad" }>): string {
  return `${dst.field}[${range.ofs},${range.nBits}]=${value}`;
}
