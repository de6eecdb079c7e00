// SPDX-License-Identifier: Apache-2.0
/** Lays out in a Web Worker, so that the page stays responsive: takes a task, answers with its points. */
import { type ForceTask, forcePoints } from "./force.ts";

addEventListener("message", ({ data }: MessageEvent<ForceTask>) => {
  postMessage(forcePoints(data));
});
