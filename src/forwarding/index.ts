// SPDX-License-Identifier: Apache-2.0
export { compileForwarding } from "./compile-forwarding.ts";
export * from "./forwarding-delta.ts";
export { hostAnswerRule } from "./host-punts.ts";
export { originalActions } from "./original-actions.ts";
export { probeRule } from "./punt-rules.ts";
export * from "./topology-order.ts";
