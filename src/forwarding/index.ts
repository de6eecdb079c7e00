export { compileForwarding } from "./compile-forwarding.ts";
export * from "./forwarding-delta.ts";
export { floodGroup, originalActions } from "./original-actions.ts";
export { probeRule, puntRules } from "./punt-rules.ts";
export * from "./topology-order.ts";
