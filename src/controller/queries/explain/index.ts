// SPDX-License-Identifier: Apache-2.0
export { FrameExplainer } from "./frame-explainer.ts";
