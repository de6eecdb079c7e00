// SPDX-License-Identifier: Apache-2.0
import { createHash } from "node:crypto";

/**
 * A line of a writer. `begins`: the digest of the document that it is about to write, null to delete;
 * `acknowledged`: the digest of the whole record as stored, null if it is deleted.
 */
export type WriterLine = readonly [
  type: "begins" | "acknowledged",
  id: string,
  digest: string | null,
];

/** A policy as read from a store; digests of the whole record, and of its document alone. */
export interface FoundPolicy {
  readonly revision: number;
  readonly record: string;
  readonly document: string;
}

export type FoundPolicies = ReadonlyMap<string, FoundPolicy>;

/** Identifies the content of a JSON value, members in the order in which they are written. */
export function digestOf(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex").slice(0, 20);
}

/** What a store must hold after a kill: every acknowledged write, and of a write under way all or nothing. */
export class Acknowledged {
  /** Digests of the records. */
  readonly #records = new Map<string, string>();
  /** Writes that the last kill interrupted: the digest of the document, null for a deletion. */
  #interrupted = new Map<string, string | null>();
  /** What became of the interrupted writes, once the store has been read. */
  readonly #outcomes = new Map<string, string | undefined>();
  #revision = 0;
  writes = 0;
  deletions = 0;

  /** The lines of the writers, up to their kill. */
  note(lines: readonly WriterLine[]): void {
    this.#interrupted = new Map();
    this.#outcomes.clear();
    for (const [type, id, digest] of lines) {
      if (type === "begins") {
        this.#interrupted.set(id, digest);
        continue;
      }
      this.#interrupted.delete(id);
      this.writes++;
      if (digest === null) this.deletions++;
      if (digest === null) this.#records.delete(id);
      else this.#records.set(id, digest);
    }
  }

  /**
   * What is wrong in the store as the kill has left it, and takes over from it what became of the
   * interrupted writes.
   */
  settle(found: FoundPolicies): string[] {
    const faults: string[] = [];
    for (const [id, intended] of this.#interrupted) {
      const policy = found.get(id);
      if (policy?.record === this.#records.get(id)) continue;
      const isDone = intended === null ? !policy : policy?.document === intended;
      const isNew = policy === undefined || policy.revision > this.#revision;
      if (!isDone || !isNew) faults.push(`${id}: neither as before nor as intended`);
      this.#outcomes.set(id, policy?.record);
    }
    faults.push(...this.faultsOf(found));
    for (const { revision } of found.values()) this.#revision = Math.max(this.#revision, revision);
    return faults;
  }

  /** Makes the outcomes of the interrupted writes part of what the store must hold. */
  goOn(): void {
    for (const [id, record] of this.#outcomes) {
      if (record === undefined) this.#records.delete(id);
      else this.#records.set(id, record);
    }
  }

  /** What is wrong in a store: records that are missing, different, or should not be there. */
  faultsOf(found: FoundPolicies): string[] {
    const faults: string[] = [];
    const isOutcome = (id: string, record: string | undefined) =>
      this.#outcomes.has(id) && this.#outcomes.get(id) === record;
    for (const [id, record] of this.#records) {
      const policy = found.get(id);
      if (policy?.record === record || isOutcome(id, policy?.record)) continue;
      faults.push(`${id}: ${policy ? "another record" : "missing"}`);
    }
    for (const [id, { record }] of found) {
      if (!this.#records.has(id) && !isOutcome(id, record)) faults.push(`${id}: not acknowledged`);
    }
    return faults;
  }
}
