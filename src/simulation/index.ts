export { learnedBridge } from "./learned-bridge.ts";
export { type NetworkParts, SimulatedNetwork } from "./simulated-network.ts";
export type { SwitchBehaviour } from "./simulated-switch.ts";
export type * from "./trace.ts";
