export type { DropGuardOptions } from "./drop-guard.ts";
export type { StoredSuspensions, SuspensionStore } from "./suspension-writes.ts";
export type { PolicySuspension } from "./suspensions.ts";
export { TapSuspension } from "./tap-suspension.ts";
