export { type ExplainDeps, explainFrame, explaining } from "./explain.ts";
export type * from "./explain-view.ts";
export { type ExplainRequest, readFrame } from "./frame-input.ts";
