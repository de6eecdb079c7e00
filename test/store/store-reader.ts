// SPDX-License-Identifier: Apache-2.0
/**
 * Opens stores and prints a line of JSON for each: the ids of its policies, or why it is refused.
 * Usage: store-reader.ts DIRECTORY…
 */
import { openLevelStore, PolicyRecords, StoreError } from "../../src/store/index.ts";

for (const directory of process.argv.slice(2)) {
  try {
    const store = await openLevelStore(directory);
    const records = await new PolicyRecords(store, () => new Date()).load();
    await store.close();
    console.log(JSON.stringify({ ids: records.map(({ id }) => id) }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }
}
