// SPDX-License-Identifier: Apache-2.0
import {
  type Bucket,
  formatGroup,
  formatInstructions,
  formatMatch,
  type GroupDescEntry,
  type Instruction,
  type Match,
  parseRegisterBit,
} from "../../openflow/index.ts";
import {
  actionUses,
  type BitUse,
  COPY_BIT,
  instructionUses,
  matchesOn,
  placesOf,
} from "./field-uses.ts";

/** A flow entry as a switch lists it. */
interface ListedEntry {
  readonly tableId: number;
  readonly priority: number;
  readonly cookie: bigint;
  readonly match: Match;
  readonly instructions: readonly Instruction[];
}

/**
 * Finds what keeps a register bit from being the mark of the frames whose copies are made: an entry or a group of
 * another application that depends on the bit, or does what is not known. Such an entry would handle a tapped frame in
 * another way than the frame without taps. An entry that only writes the bit does not: at worst a frame that comes
 * to the first table again is copied again.
 *
 * The same for the bit of metadata by which copies on their way through a treatment are distinguished: production
 * frames must not have it.
 */
export class MarkUsers {
  readonly #mark: string;
  readonly #places: ReadonlyMap<string, number>;

  /** `mark`: as `parseRegisterBit` reads it. */
  constructor(mark: string) {
    const bit = parseRegisterBit(mark);
    if (bit === undefined) throw new Error(`not a bit of a register: ${mark}`);
    this.#mark = mark;
    this.#places = placesOf(bit);
  }

  /** Why the mark cannot be used beside a flow entry, a clause; undefined: it can. */
  ofEntry(entry: ListedEntry): string | undefined {
    const { match, instructions } = entry;
    const uses = instructionUses(instructions, this.#places);
    const copies = instructionUses(instructions, COPY_BIT);
    const isRead = uses.has("reads") || matchesOn(match, this.#places);
    const what = this.#obstacle(isRead, uses, copies);
    return what && `${what} (${entryText(entry)})`;
  }

  /** The same of a group. */
  ofGroup(group: GroupDescEntry): string | undefined {
    const uses = usesOfBuckets(group.buckets, this.#places);
    const copies = usesOfBuckets(group.buckets, COPY_BIT);
    const what = this.#obstacle(uses.has("reads"), uses, copies);
    return what && `${what} (${formatGroup(group)})`;
  }

  #obstacle(
    isRead: boolean,
    uses: ReadonlySet<BitUse>,
    copies: ReadonlySet<BitUse>,
  ): string | undefined {
    if (isRead) return `another application reads ${this.#mark}`;
    if (uses.has("unknown")) {
      return `another application has an action that OpenVTAP does not know, and that may read ${this.#mark}`;
    }
    if (copies.has("sets")) {
      return "another application may set metadata[63], which distinguishes copies";
    }
    return undefined;
  }
}

function usesOfBuckets(
  buckets: readonly Bucket[],
  places: ReadonlyMap<string, number>,
): ReadonlySet<BitUse> {
  return new Set(buckets.flatMap(({ actions }) => [...actionUses(actions, places)]));
}

function entryText({ cookie, tableId, priority, match, instructions }: ListedEntry): string {
  const head = [`table=${tableId}`, `priority=${priority}`, formatMatch(match)];
  const actions = formatInstructions(instructions) || "drop";
  return `cookie=0x${cookie.toString(16)}, ${head.filter(Boolean).join()} actions=${actions}`;
}
