// SPDX-License-Identifier: Apache-2.0
export type { DropGuardOptions } from "./drop-guard.ts";
export type { SuspensionStore } from "./suspension-writes.ts";

export { TapSuspension } from "./tap-suspension.ts";
