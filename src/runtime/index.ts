// SPDX-License-Identifier: Apache-2.0
export { YieldTimer } from "./event-loop-yield.ts";
export { mapInSlices } from "./map-in-slices.ts";
export { StepQueue } from "./step-queue.ts";
