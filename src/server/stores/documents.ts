// SPDX-License-Identifier: Apache-2.0
import type { DocumentSetStore, DocumentStore } from "../../controller/index.ts";
import type {
  DocumentSets,
  GroupRecords,
  PolicyRecords,
  StoredDocument,
} from "../../store/index.ts";
import type { Appending } from "./audit.ts";

/** Adapts policies or groups on disk to the controller's store of them. */
export function documentStore(
  records: PolicyRecords | GroupRecords,
  appending: Appending,
): DocumentStore {
  return {
    load: () => records.load(),
    async put(id, document, { audit, ...notes } = { audit: [] }) {
      const options = { ...notes, also: appending(audit) };
      const outcome = await records.put(id, document as StoredDocument, undefined, options);
      // Without an expected revision, no conflict is possible.
      if (outcome.type !== "stored") throw new Error(`${id} was not stored`);
      return outcome.record;
    },
    async remove(id, audit) {
      await records.remove(id, undefined, appending(audit));
    },
  };
}

/** Adapts sets of policies and groups on disk to the controller's store of them. */
export function documentSetStore(sets: DocumentSets, appending: Appending): DocumentSetStore {
  return {
    write: (batch, audit) =>
      sets.write(batch as Parameters<DocumentSets["write"]>[0], appending(audit)),
  };
}
