import type { Match } from "../openflow/index.ts";

/** The one destination address that a match demands; undefined when it may be another. */
export function destinationOf(match: Match): number | undefined {
  for (const field of match) {
    if (field.field === "ethDst" && "value" in field && field.mask === undefined)
      return Number(field.value);
  }
  return undefined;
}

/** The one port that a match demands a frame to enter by; undefined when it may be another. */
export function entranceOf(match: Match): number | undefined {
  for (const field of match) {
    if (field.field === "inPort" && "value" in field) return Number(field.value);
  }
  return undefined;
}
