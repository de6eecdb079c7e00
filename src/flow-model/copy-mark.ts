import type { ActionSpec } from "./entry.ts";

/**
 * What tells a copy's bucket from the other buckets of its group, whatever port it leaves by: what it
 * writes into the frame, or the port when it writes nothing. The same for a bucket that we want and
 * for one that a switch lists.
 */
export function copyMark(actions: readonly ActionSpec[]): string {
  const marks: string[] = [];
  const ports: string[] = [];
  for (const action of actions) {
    if (action.type === "output") ports.push(`output:${action.port}`);
    else if (action.type !== "setField") marks.push(action.type);
    else if ("value" in action.field) marks.push(`${action.field.field}=${action.field.value}`);
    else marks.push(action.field.field);
  }
  return (marks.length > 0 ? marks.sort() : ports).join();
}
