export { DEFAULT_GROUP_IDS, DEFAULT_METER_IDS, type IdRange } from "./id-range.ts";
export * from "./installed.ts";
export * from "./reconciler.ts";
export * from "./reconciler-options.ts";
export { NONE_REFUSED, type RefusedEntries } from "./refused-entries.ts";
export type { ResyncOutcome } from "./resync.ts";
export * from "./switch-channel.ts";
