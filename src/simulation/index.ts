// SPDX-License-Identifier: Apache-2.0
export { learnedBridge } from "./learned-bridge.ts";
export { type NetworkParts, SimulatedNetwork } from "./simulated-network.ts";
export { readingOf } from "./switch-reading.ts";

export type * from "./trace.ts";
