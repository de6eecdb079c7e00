// SPDX-License-Identifier: Apache-2.0
import type { PolicyState } from "../contract/policies.ts";

/** The policy states of the API. A separate list, because a client command must not load the server. */
export const POLICY_STATES = [
  "disabled",
  "expired",
  "suspended",
  "pending",
  "active",
  "degraded",
  "error",
] as const satisfies readonly PolicyState[];
