import { contentHash } from "../../pipeline/index.ts";

/** Group ids that are ours: from `first` to `last`, both included. */
export interface GroupIdRange {
  readonly first: number;
  readonly last: number;
}

/** "v" and 24 bits. */
export const DEFAULT_GROUP_IDS: GroupIdRange = { first: 0x76000000, last: 0x76ffffff };

export function isOwnGroupId(id: number, range: GroupIdRange): boolean {
  return id >= range.first && id <= range.last;
}

/**
 * The id for a new group: where its content hashes to, or the next one that is free, so that every
 * controller gives the same content the same id. Undefined when the whole range is taken.
 */
export function chooseGroupId(
  content: string,
  range: GroupIdRange,
  isTaken: (id: number) => boolean,
): number | undefined {
  const size = range.last - range.first + 1;
  const start = contentHash(content) % size;
  for (let step = 0; step < size; step++) {
    const id = range.first + ((start + step) % size);
    if (!isTaken(id)) return id;
  }
  return undefined;
}
