export type { ListedCounter } from "./counted-entry.ts";
export * from "./counters.ts";
export type { CounterStore, CounterWrite, EntryRecords } from "./keeper.ts";
export type { PolicyRecord } from "./policy-account.ts";
export type { CounterChannel } from "./polls.ts";
export type { EntryRecord } from "./switch-ledger.ts";
export { NO_TOTALS, type Totals } from "./tally.ts";
