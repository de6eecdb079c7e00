// SPDX-License-Identifier: Apache-2.0
import type { Problem } from "../http/problem.ts";

const STOPPING = {
  status: 503,
  kind: "stopping",
  title: "Vtap stops",
  /** About the time of a restart, in seconds. */
  headers: { "retry-after": "5" },
};

/** The answer to a request whose work is not begun, or ended before it changed anything. */
export const NOTHING_CHANGED: Problem = {
  ...STOPPING,
  detail: "vtap stops: this request has changed nothing; send it again when vtap runs again",
};

/** The answer to a request whose work takes longer than a stop may take. */
export const OUTCOME_UNKNOWN: Problem = {
  ...STOPPING,
  detail:
    "vtap stops before this request is finished: what it changes may be stored or not; read it when vtap runs again, then decide",
};
