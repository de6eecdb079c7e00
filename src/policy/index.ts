// SPDX-License-Identifier: Apache-2.0
export type { CompileEnvironment, VlanRange } from "./compile/model/environment.ts";
export type { HeldVlan, HeldVlanChange } from "./compile/model/held-vlans.ts";
export type {
  CompileDelta,
  CopyWay,
  CountedPath,
  PlannedCopies,
  PolicyPlan,
  ProbeHeader,
  ProbeTunnel,
} from "./compile/model/policy-plan.ts";
export type { Observation } from "./compile/observing-policies.ts";
export { TapCompiler } from "./compile/tap-compiler.ts";
export type {
  CompiledEdit,
  EditInterruption,
  PolicyEdit,
  ReadableTaps,
  TrialReader,
  TriedTaps,
} from "./compile/tap-edits.ts";
export { blindSpotsOf } from "./explain/blind-spots.ts";
export { explainMatch, type PolicyMatch } from "./explain/explain-match.ts";
export { frameText } from "./match-region/field-text.ts";
export { FILTER_NAMES } from "./match-region/fields.ts";
export {
  type PlannedMirror,
  planMirrors,
} from "./mirrors/plan-mirrors.ts";
export { type CompileLimits, DEFAULT_LIMITS } from "./model/compile-limits.ts";
export type { Group, Groups } from "./model/group.ts";
export { formatParty } from "./model/party.ts";
export {
  type GroupId,
  isByEntries,
  type Lifetime,
  type Monitor,
  type Party,
  type Policy,
  type PolicyId,
} from "./model/policy.ts";
export { isOfProject, prefixOf } from "./model/project-ids.ts";
export { defaultBurst, kilobitsPerSecond, treatmentOf } from "./model/treatment.ts";
export { tunnelActions } from "./model/tunnel-actions.ts";
export { type PolicyDocument, policySchema } from "./parse/document.ts";
export { filterSearch } from "./parse/filter-search.ts";
export { parseFrameFields } from "./parse/frame-fields.ts";
export { groupsNamedIn } from "./parse/group-mentions.ts";
export { applyMergePatch } from "./parse/merge-patch.ts";
export { momentText } from "./parse/moment.ts";
export { groupSchema, type ParsedGroup, parseGroup } from "./parse/parse-group.ts";
export { type ParsedPolicy, parsePolicy, policySteps } from "./parse/parse-policy.ts";
export {
  type FileGroup,
  type FilePolicy,
  type PolicyFiles,
  parsePolicyFile,
  parsePolicyFiles,
} from "./parse/policy-file.ts";
export { placeOf, portOf } from "./placement/placement.ts";
export { tunnelPortsOf } from "./placement/tunnel-ports.ts";
export { PrecedingEntries } from "./precedence/preceding-entries.ts";
export {
  type NoPreview,
  type PreviewEntries,
  type PreviewInputs,
  type PreviewRequest,
  previewEntries,
} from "./preview/preview-entries.ts";
export { PREVIEW_NUMBERS, readPreviewMetadata } from "./preview/preview-metadata.ts";
export { previewedFlow } from "./preview/previewed-flow.ts";
export { monitorsOwed, type OwedCopy } from "./semantics/semantics.ts";
export { MarkUsers } from "./spare-bits/mark-obstacle.ts";
