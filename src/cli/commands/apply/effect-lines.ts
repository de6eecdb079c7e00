// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun, PolicyEffect } from "../../../contract/policy-sets.ts";

/** What a change does to policies that it does not write, as lines. */
export function effectLines({
  effects,
  unlistedEffects,
}: Pick<PolicyDryRun, "effects" | "unlistedEffects">): string[] {
  if (effects.length === 0) return [];
  const more = unlistedEffects > 0 ? [`  … and effects on ${unlistedEffects} more policies`] : [];
  return ["", "effects on other policies:", ...effects.flatMap(linesOf), ...more];
}

function linesOf({ id, why, changes }: PolicyEffect): string[] {
  return [`  ${id}: ${why.join("; ")}`, ...changes.flatMap(changeLines)];
}

function changeLines({
  what,
  switch: name,
  before,
  after,
}: PolicyEffect["changes"][number]): string[] {
  const where = name === undefined ? what : `${what} at ${name}`;
  return [
    `    ${where}`,
    ...before.map((text) => `      - ${text}`),
    ...after.map((text) => `      + ${text}`),
  ];
}
