// SPDX-License-Identifier: Apache-2.0
export type { ListedCounter } from "./counted-entry.ts";
export type { CounterStore } from "./counter-writer.ts";
export * from "./counters.ts";
export type { CounterChannel } from "./poller.ts";
export type { RateTrack } from "./rates/rate-history.ts";
export type { RateRow } from "./rates/rate-row.ts";
export type { EntryRecord } from "./switch-ledger.ts";
export { NO_TOTALS, type Totals } from "./totals.ts";
