// SPDX-License-Identifier: Apache-2.0
export * from "./bands.ts";
export * from "./content-hash.ts";
export * from "./controller-id.ts";
export * from "./cookie.ts";
export * from "./copy-mark.ts";
export * from "./destination.ts";
export * from "./entry.ts";
export * from "./forwarding-order.ts";
export * from "./no-port.ts";
export * from "./overlay-recovery.ts";
export * from "./passes.ts";
export * from "./patch-delivery.ts";
