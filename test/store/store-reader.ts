// SPDX-License-Identifier: Apache-2.0
/**
 * Opens stores and prints a line of JSON for each: its policies, or why it is refused.
 * Usage: store-reader.ts DIRECTORY…
 */
import { openLevelStore, PolicyRecords, StoreError } from "../../src/store/index.ts";
import { digestOf, type FoundPolicy } from "./acknowledged.ts";

for (const directory of process.argv.slice(2)) {
  try {
    const store = await openLevelStore(directory);
    const records = await new PolicyRecords(store, () => new Date()).load();
    await store.close();
    const found = records.map((record): [string, FoundPolicy] => {
      const { id, revision, document } = record;
      return [id, { revision, record: digestOf(record), document: digestOf(document) }];
    });
    console.log(JSON.stringify({ found }));
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    console.log(JSON.stringify({ code: error.code, message: error.message }));
  }
}
