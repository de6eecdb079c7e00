// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry, AuditHead, AuditRecord } from "../../contract/audit/audit.ts";

/**
 * The chain of audit records on disk. The stores of what is changed append the records of a change in the same
 * write. A write resolves only when it is durable, and rejects otherwise.
 */
export interface AuditStore {
  append(entries: readonly AuditEntry[]): Promise<void>;
  /** The records after this one, in their order. */
  after(sequence: number): AsyncIterable<AuditRecord>;
  head(): Promise<AuditHead>;
  /** Deletes the records with these sequence numbers, which are the first ones, and appends one that says so. */
  truncate(sequences: readonly number[], entry: AuditEntry): Promise<void>;
  /** Whether the record is exactly as it was appended. */
  isSealed(record: AuditRecord): boolean;
  /** Calls back for every record that is appended from now on, in order. */
  watch(listener: (record: AuditRecord) => void): void;
}
