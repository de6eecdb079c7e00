// SPDX-License-Identifier: Apache-2.0
import type { Replica } from "../../ovsdb/index.ts";

/** A database as a session has it. */
export interface NamingDatabase {
  /** The uuid of its root row: that of the database as long as it exists. */
  readonly root: string;
  /** A session that continues from an earlier copy has the same object. */
  readonly replica: Replica;
}

/** A name, and the number of its appearance. */
interface Naming {
  readonly name: string;
  readonly at: number;
}

type Namings = Map<string, Naming>;

/** Names of all databases that have gone or are here, above which those of the first databases are dropped. */
const MOST_NAMINGS = 400_000;

/**
 * In which order rows of databases got the names that they have. A row that loses its name and gets it again gets it
 * anew, however soon. One that has its name when its database returns has kept it: what happened meanwhile is not known.
 */
export class Appearances {
  #last = 0;
  readonly #namings = new WeakMap<Replica, Namings>();
  /** Those of copies that have been complete. */
  readonly #loaded = new WeakSet<Namings>();
  /** Of the last copy of each database that was complete, by root. */
  readonly #complete = new Map<string, Namings>();

  /** A row has another name than before, or none any more. */
  note({ root, replica }: NamingDatabase, row: string, name: string | undefined): void {
    const namings = this.#of(replica);
    namings.delete(row);
    if (name === undefined) return;
    const known = this.#loaded.has(namings) ? undefined : this.#complete.get(root)?.get(row);
    namings.set(row, known?.name === name ? known : { name, at: ++this.#last });
  }

  /** The number of the appearance of what a row is named now; 0: it has no name. */
  of({ replica }: NamingDatabase, row: string): number {
    return this.#namings.get(replica)?.get(row)?.at ?? 0;
  }

  /** The copy of a database is complete. */
  complete({ root, replica }: NamingDatabase): void {
    const namings = this.#of(replica);
    this.#loaded.add(namings);
    this.#complete.delete(root);
    this.#complete.set(root, namings);
    let count = 0;
    for (const { size } of this.#complete.values()) count += size;
    for (const [oldest, { size }] of this.#complete) {
      if (count <= MOST_NAMINGS) break;
      count -= size;
      this.#complete.delete(oldest);
    }
  }

  #of(replica: Replica): Namings {
    const known = this.#namings.get(replica) ?? new Map<string, Naming>();
    this.#namings.set(replica, known);
    return known;
  }
}
