export type { DropGuardOptions } from "./drop-guard.ts";
export type { StoredSuspensions, SuspensionStore, TapsOutcome } from "./suspension-writes.ts";
export type { PolicySuspension, Suspension } from "./suspensions.ts";
export { TapSuspension, type TapsView } from "./tap-suspension.ts";
