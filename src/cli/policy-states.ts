import type { PolicyState } from "../api/index.ts";

/** The states of a policy, as the API names them; a list of its own, to load no server for a client. */
export const POLICY_STATES = [
  "disabled",
  "pending",
  "active",
  "degraded",
  "error",
] as const satisfies readonly PolicyState[];
