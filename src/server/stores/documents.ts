// SPDX-License-Identifier: Apache-2.0
import type { DocumentSetStore, DocumentStore } from "../../controller/index.ts";
import type {
  DocumentSets,
  GroupRecords,
  PolicyRecords,
  StoredDocument,
} from "../../store/index.ts";

/** Adapts policies or groups on disk to the controller's store of them. */
export function documentStore(records: PolicyRecords | GroupRecords): DocumentStore {
  return {
    load: () => records.load(),
    async put(id, document) {
      const outcome = await records.put(id, document as StoredDocument);
      // Without an expected revision, no conflict is possible.
      if (outcome.type !== "stored") throw new Error(`${id} was not stored`);
      return outcome.record;
    },
    async remove(id) {
      await records.remove(id);
    },
  };
}

/** Adapts sets of policies and groups on disk to the controller's store of them. */
export function documentSetStore(sets: DocumentSets): DocumentSetStore {
  return { write: (batch) => sets.write(batch as Parameters<DocumentSets["write"]>[0]) };
}
