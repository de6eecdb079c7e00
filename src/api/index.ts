export type { ControllerEvent } from "../contract/events.ts";
export type { ExplainRequest, Explanation } from "../contract/explain.ts";
export {
  POLICY_STATES,
  type PolicyCounters,
  type PolicyCountersDetail,
  type PolicyDocument,
  type PolicyOrigin,
  type PolicyState,
  type PolicyStatus,
  type PolicyView,
} from "../contract/policies.ts";
export type { RefusedEntries } from "../contract/refused-entries.ts";
export type * from "../contract/rejection.ts";
export type { ResyncView } from "../contract/resync.ts";
export type { PolicyDryRun, StatusView } from "../contract/status.ts";
export type * from "../contract/switches.ts";
export type { SuspendInput, TapsView } from "../contract/taps.ts";
export { type ApiOptions, createApi } from "./create-api.ts";
