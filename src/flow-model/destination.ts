// SPDX-License-Identifier: Apache-2.0
import type { Match } from "../openflow/index.ts";

/** The single destination address that a match requires; undefined when it allows several. */
export function destinationOf(match: Match): number | undefined {
  for (const field of match) {
    if (field.field === "ethDst" && "value" in field && field.mask === undefined)
      return Number(field.value);
  }
  return undefined;
}

/** The single in-port that a match requires; undefined when it allows several. */
export function entranceOf(match: Match): number | undefined {
  for (const field of match) {
    if (field.field === "inPort" && "value" in field) return Number(field.value);
  }
  return undefined;
}
