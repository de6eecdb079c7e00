export { Controller, type ControllerOptions } from "./controller.ts";
export { ControllerService } from "./controller-service.ts";
export type { HostStore } from "./host-writes.ts";
export type { Logger } from "./logger.ts";
export type { PolicyStore } from "./policy-writes.ts";
export type { PortStore } from "./port-memory.ts";
export { DEFAULT_GROUP_IDS } from "./reconcile/index.ts";
export type { Pins } from "./session/index.ts";
export type { SuspensionStore } from "./taps/index.ts";
