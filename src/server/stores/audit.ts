// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { AuditEntry, AuditRecord } from "../../contract/audit/audit.ts";
import type { AuditStore } from "../../controller/index.ts";
import { type AuditContent, AuditRecords, type Change, type Store } from "../../store/index.ts";

/** Opens the audit of a store; its key is made the first time. */
export function openAudit(store: Store): Promise<AuditRecords> {
  return AuditRecords.open(
    store,
    () => randomBytes(32).toString("hex"),
    () => new Date(),
  );
}

/** Adapts the audit on disk to the controller's store of it. */
export function auditStore(records: AuditRecords): AuditStore {
  return {
    append: (entries) => records.append(entries.map(contentOf)),
    after: (sequence) =>
      records.after(sequence) as AsyncIterable<unknown> as AsyncIterable<AuditRecord>,
    head: () => records.head(),
    truncate: (sequences, entry) => records.truncate(sequences, contentOf(entry)),
    isSealed: (record) =>
      records.isSealed(record as unknown as Parameters<AuditRecords["isSealed"]>[0]),
    watch(listener) {
      records.watch((record) => listener(record as unknown as AuditRecord));
    },
  };
}

/** Makes the changes that append records, for the batch of what they are about. */
export function appendingTo(records: AuditRecords) {
  return (entries: readonly AuditEntry[] = []): Change[] =>
    entries.map((entry) => records.appending(contentOf(entry)));
}

export type Appending = ReturnType<typeof appendingTo>;

/** A record with the revision of its write, if its object has it. */
function contentOf({ revision, ...rest }: AuditEntry): AuditContent {
  return (written) => {
    if (revision === undefined) return rest as ReturnType<AuditContent>;
    const { isWritten, ...before } = revision;
    const revisions = { ...before, ...(isWritten ? { after: written } : {}) };
    return { ...rest, revision: revisions } as ReturnType<AuditContent>;
  };
}
