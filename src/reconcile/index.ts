// SPDX-License-Identifier: Apache-2.0
export type { ResyncOutcome } from "./audit/resync.ts";
export { foreignEntryText } from "./model/entry-text.ts";
export type { IdRange } from "./model/id-range.ts";
export * from "./model/installed.ts";
export * from "./model/switch-channel.ts";

export type { Repair } from "./readback/repairs.ts";
export * from "./reconciler.ts";
export * from "./reconciler-options.ts";
export type { RefusedEntries } from "./state/refused-entries.ts";
