export type { CompileEnvironment, CompileLimits, VlanRange } from "./compile/environment.ts";
export { DEFAULT_LIMITS } from "./compile/environment.ts";
export type {
  CompileDelta,
  CopyTrail,
  PlannedCopies,
  PlanProblem,
  PolicyPlan,
  SwitchDelta,
} from "./compile/plan.ts";
export { type PolicyEdit, TapCompiler } from "./compile/tap-compiler.ts";
export type {
  Alternative,
  Delivery,
  Direction,
  FilterTerm,
  IpPrefix,
  Monitor,
  Party,
  Policy,
  PolicyId,
  PortName,
} from "./model.ts";
export { type PolicyDocument, policyFileSchema, policySchema } from "./parse/document.ts";
export { type FrameDocument, parseFrameFields } from "./parse/frame-fields.ts";
export { applyMergePatch } from "./parse/merge-patch.ts";
export { type ParsedPolicy, parsePolicy } from "./parse/parse-policy.ts";
export { type FilePolicy, parsePolicyFile, parsePolicyFiles } from "./parse/policy-file.ts";
export { formatParty } from "./party.ts";
export { portOf } from "./placement.ts";
export { frameText } from "./region/field-text.ts";
export { monitorsOwed, type OwedCopy } from "./semantics.ts";
export { treatmentOf } from "./treatment.ts";
export { unseenBy } from "./unseen.ts";
export { type MonitorVerdict, type PolicyVerdict, verdictOn } from "./verdict.ts";
