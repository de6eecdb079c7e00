export type * from "./controller-port.ts";
export type { ControllerEvent } from "./views/event.ts";
export type * from "./views/network.ts";
export type {
  PolicyDocument,
  PolicyOrigin,
  PolicyState,
  PolicyStatus,
  PolicyView,
} from "./views/policy.ts";
export type { PolicyPreview, StatusView } from "./views/status.ts";
