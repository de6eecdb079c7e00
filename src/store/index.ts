// SPDX-License-Identifier: Apache-2.0
export * from "./counters.ts";
export * from "./discovery.ts";
export * from "./hosts.ts";
export * from "./learned-hosts.ts";
export { openLevelStore } from "./level-store.ts";
export * from "./policies.ts";
export * from "./ports.ts";
export type * from "./store.ts";
export { StoreError } from "./store-error.ts";
export type { StoreHealth } from "./store-health.ts";
export * from "./suspensions.ts";
