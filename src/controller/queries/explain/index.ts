export { type ExplainDeps, explainFrame, explaining } from "./explain.ts";
export { readFrame } from "./frame-input.ts";
