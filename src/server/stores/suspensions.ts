// SPDX-License-Identifier: Apache-2.0
import type { SuspensionStore } from "../../controller/index.ts";
import type { SuspensionRecords } from "../../store/index.ts";
import type { Appending } from "./audit.ts";

/** The key of the record that suspends all taps. */
const ALL_TAPS = "all";
const policyKey = (id: string) => `policy/${id}`;

/** Adapts suspension records on disk to the controller's suspension store. */
export function suspensionStore(records: SuspensionRecords, appending: Appending): SuspensionStore {
  return {
    async load() {
      const { [ALL_TAPS]: all, ...rest } = Object.fromEntries(await records.load());
      const policies = Object.entries(rest).map(([key, { since, reason = "", write = "" }]) => {
        return [key.slice(policyKey("").length), { since, reason, write }] as const;
      });
      return { ...(all ? { all } : {}), policies };
    },
    putAll: (suspension, audit) => records.put(ALL_TAPS, suspension, appending(audit)),
    putPolicy: (id, suspension) => records.put(policyKey(id), suspension),
    removeAll: (audit) => records.remove(ALL_TAPS, appending(audit)),
    removePolicy: (id, audit) => records.remove(policyKey(id), appending(audit)),
  };
}
