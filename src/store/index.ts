// SPDX-License-Identifier: Apache-2.0

export { openLevelStore } from "./level-store.ts";
export * from "./records/audit.ts";
export * from "./records/counters.ts";
export * from "./records/discovery.ts";
export * from "./records/documents.ts";
export * from "./records/hosts.ts";
export * from "./records/learned-hosts.ts";
export * from "./records/ports.ts";
export * from "./records/suspensions.ts";
export * from "./records/tap-vlans.ts";
export type * from "./store.ts";
export { StoreError } from "./store-error.ts";
export type { StoreHealth } from "./store-health.ts";
