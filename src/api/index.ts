export type * from "./controller-port.ts";
export { type ApiOptions, createApi } from "./create-api.ts";
export type { ControllerEvent } from "./views/event.ts";
export type { ExplainRequest, Explanation } from "./views/explain.ts";
export type * from "./views/network.ts";
export {
  POLICY_STATES,
  type PolicyCounters,
  type PolicyCountersDetail,
  type PolicyDocument,
  type PolicyOrigin,
  type PolicyState,
  type PolicyStatus,
  type PolicyView,
} from "./views/policy.ts";
export type { RefusedEntries } from "./views/refused.ts";
export type { ResyncView } from "./views/resync.ts";
export type { PolicyDryRun, StatusView } from "./views/status.ts";
export type { SuspendInput, TapsView } from "./views/taps.ts";
