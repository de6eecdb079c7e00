// SPDX-License-Identifier: Apache-2.0
export type { DropGuardOptions } from "./drop-guard.ts";
export type { KnownTapBridges } from "./remaining.ts";
export type { SuspensionStore } from "./suspension-writes.ts";

export { TapSuspension } from "./tap-suspension.ts";
