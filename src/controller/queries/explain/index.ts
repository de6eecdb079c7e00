export { FrameExplainer } from "./frame-explainer.ts";
