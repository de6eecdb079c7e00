// SPDX-License-Identifier: Apache-2.0
import { contentHash } from "../../flow-model/index.ts";

/** Ids of OpenVTAP's own groups or meters: from `first` to `last`, both included. */
export interface IdRange {
  readonly first: number;
  readonly last: number;
}

/** "v" and 24 bits. */
export const DEFAULT_GROUP_IDS: IdRange = { first: 0x76000000, last: 0x76ffffff };
/** The same numbers as for groups: meters have an id space of their own. */
export const DEFAULT_METER_IDS: IdRange = { ...DEFAULT_GROUP_IDS };

export function isOwnId(id: number, range: IdRange): boolean {
  return id >= range.first && id <= range.last;
}

/** The preferred id of an identity: the same on every controller. */
export function firstChoice(identity: string, { first, last }: IdRange): number {
  return first + (contentHash(identity) % (last - first + 1));
}

/**
 * The id of a new group or meter: the one its identity hashes to, or the next free one. Undefined when
 * the whole range is taken.
 */
export function chooseId(
  identity: string,
  range: IdRange,
  isTaken: (id: number) => boolean,
): number | undefined {
  const size = range.last - range.first + 1;
  const start = firstChoice(identity, range) - range.first;
  for (let step = 0; step < size; step++) {
    const id = range.first + ((start + step) % size);
    if (!isTaken(id)) return id;
  }
  return undefined;
}
