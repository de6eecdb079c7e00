// SPDX-License-Identifier: Apache-2.0
import type { PolicyStore } from "../../controller/index.ts";
import type { PolicyRecords, StoredDocument } from "../../store/index.ts";

/** Adapts policy records on disk to the controller's policy store. */
export function policyStore(records: PolicyRecords): PolicyStore {
  return {
    load: () => records.load(),
    async put(id, document) {
      const outcome = await records.put(id, document as StoredDocument);
      // Without an expected revision, no conflict is possible.
      if (outcome.type !== "stored") throw new Error(`policy ${id} was not stored`);
      return outcome.record;
    },
    async remove(id) {
      await records.remove(id);
    },
  };
}
