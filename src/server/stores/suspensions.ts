// SPDX-License-Identifier: Apache-2.0
import type { SuspensionStore } from "../../controller/index.ts";
import type { SuspensionRecords } from "../../store/index.ts";

/** The key of the record that suspends all taps. */
const ALL_TAPS = "all";
const policyKey = (id: string) => `policy/${id}`;

/** Adapts suspension records on disk to the controller's suspension store. */
export function suspensionStore(records: SuspensionRecords): SuspensionStore {
  return {
    async load() {
      const { [ALL_TAPS]: all, ...rest } = Object.fromEntries(await records.load());
      const policies = Object.entries(rest).map(([key, { since, reason = "", write = "" }]) => {
        return [key.slice(policyKey("").length), { since, reason, write }] as const;
      });
      return { ...(all ? { all } : {}), policies };
    },
    putAll: (suspension) => records.put(ALL_TAPS, suspension),
    putPolicy: (id, suspension) => records.put(policyKey(id), suspension),
    async removeAll() {
      await records.remove(ALL_TAPS);
    },
    async removePolicy(id) {
      await records.remove(policyKey(id));
    },
  };
}
