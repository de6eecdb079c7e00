// SPDX-License-Identifier: Apache-2.0
import type { HostStore } from "../../controller/index.ts";
import type { HostRecords, StoredDocument } from "../../store/index.ts";
import type { Appending } from "./audit.ts";

/** Adapts records of hosts added over REST to the controller's host store. */
export function hostStore(records: HostRecords, appending: Appending): HostStore {
  return {
    load: async () => (await records.load()).map(({ document }) => document),
    write: (put, remove, audit) =>
      records.write(put as ReadonlyMap<string, StoredDocument>, remove, appending(audit)),
  };
}
