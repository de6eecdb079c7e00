// SPDX-License-Identifier: Apache-2.0
export { nextTurn, YieldTimer } from "./event-loop-yield.ts";
export { completeInSlices, forEachInSlices, mapInSlices } from "./in-slices.ts";
export { type Lane, QueueClosedError, StepQueue } from "./step-queue.ts";
