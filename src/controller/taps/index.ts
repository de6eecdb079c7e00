export type { DropGuardOptions } from "./drop-guard.ts";
export type { PolicySuspension, Suspension } from "./suspensions.ts";
export type { StoredSuspensions, SuspensionStore, TapsOutcome } from "./tap-writes.ts";
export { Taps, type TapsView } from "./taps.ts";
