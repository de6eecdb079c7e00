// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import type { Cause } from "./audit/actor.ts";
import { CountersView } from "./policy-counters.ts";
import type { DeleteOutcome, Precondition, Rejection, WaitOptions } from "./rejection.ts";
import type { JsonObject } from "./scalars.ts";

const STATES = [
  "disabled",
  "expired",
  "suspended",
  "pending",
  "active",
  "degraded",
  "error",
] as const;

/** A policy's state in one word; the reasons are given beside it. */
export const PolicyState = z.enum(STATES).meta({
  id: "PolicyState",
  description:
    "disabled: not enabled. expired: it has ended; extend it, or it is deleted. suspended: enabled, and its copies are taken off the switches until it is resumed; see reasons. pending: waits for something; see reasons. active: every switch concerned has confirmed every rule. degraded: part of the policy is active. error: a switch refused a rule, or the policy was stored by a version that accepted it and is invalid in this one: replace or delete it.",
});
export type PolicyState = z.infer<typeof PolicyState>;

/** Numbers of policies by state, all zero. */
export function noPolicyCounts(): Record<PolicyState, number> {
  return Object.fromEntries(STATES.map((state) => [state, 0])) as Record<PolicyState, number>;
}

/** The current state of a policy, and why it is not active. */
export const PolicyStatus = z
  .object({
    state: PolicyState,
    reasons: z.array(z.string()).readonly().meta({ description: "Sentences; empty when active." }),
  })
  .meta({ id: "PolicyStatus" });
export type PolicyStatus = z.infer<typeof PolicyStatus>;

const probeFigures = {
  lastProbe: z.iso.datetime().exactOptional().meta({
    description: "When the last probe arrived or was found lost; absent: none has.",
  }),
  rttMs: z.number().min(0).exactOptional().meta({
    description:
      "Milliseconds from sending the last probe to its arrival at the controller, which includes the connections to both switches.",
  }),
  lost: z.int().min(0).meta({ description: "Probes lost since the last one that arrived." }),
};

/** Whether copies arrive, as probes, the rules on the switches and the counters show together. */
export const PolicyHealth = z
  .object({
    state: z.enum(["healthy", "degraded", "failing", "unknown"]).meta({
      description:
        "healthy: every rule is confirmed and every way of the copies carries probes. degraded: some copies are not made, or copies were lost lately. failing: a way loses probes, or a switch refused a rule. unknown: it cannot be said; see because.",
    }),
    ...probeFigures,
    because: z
      .array(z.string())
      .readonly()
      .meta({ description: "Sentences: why it is not healthy, and where probes are lost." }),
  })
  .meta({
    id: "PolicyHealth",
    description:
      "Whether copies arrive. The figures are those of the way that is worst off: the latest probe, the longest round trip, the most losses.",
  });
export type PolicyHealth = z.infer<typeof PolicyHealth>;

/** The ways of a policy's copies across links, as probes show them. */
export const ProbeReport = z
  .object({
    id: z.string(),
    health: PolicyHealth,
    ways: z
      .array(
        z.object({
          monitor: z.string().meta({ description: "As the policy names it." }),
          from: z.string().meta({ description: "The switch that makes the copies." }),
          to: z.string().meta({ description: "The monitor's switch." }),
          marking: z.enum(["rewrite", "sourceMark", "destinationMark", "tag", "overlay"]).meta({
            description:
              "What marks the copies on the way: the monitor's address and a tap mark, a one-sided mark, or a tag.",
          }),
          state: z.enum(["healthy", "failing", "unknown"]),
          ...probeFigures,
          because: z.string().exactOptional().meta({ description: "Why it is not healthy." }),
        }),
      )
      .readonly()
      .meta({
        description:
          "Empty if no copies cross links: a monitor on the switch that makes its copies has no way to probe.",
      }),
  })
  .meta({ id: "ProbeReport" });
export type ProbeReport = z.infer<typeof ProbeReport>;

/** What owns a policy or group. One from a file is read-only over REST. */
export const PolicyOrigin = z
  .discriminatedUnion("kind", [
    z.object({
      kind: z.literal("api"),
      set: z.string().exactOptional().meta({
        description: "The set that has applied it (policies:apply), which may prune it.",
      }),
    }),
    z.object({ kind: z.literal("file"), file: z.string() }),
  ])
  .meta({ id: "PolicyOrigin" });
export type PolicyOrigin = z.infer<typeof PolicyOrigin>;

/** What the controller adds to every document that it stores. */
export const writtenMembers = {
  origin: PolicyOrigin,
  revision: z.int().min(0).meta({
    description:
      "Grows with every write; the ETag. Never reused, not even after a deletion. 0 for one from a file.",
  }),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime(),
};

const requester = z.string().exactOptional().meta({
  description:
    "The user who created the policy; `anonymous` on a server without authentication. Absent for one from a file.",
});

/** The members that the controller adds to a policy document; ignored when a client sends them. */
export const policyReadOnlyMembers = {
  ...writtenMembers,
  requester,
  status: PolicyStatus,
  health: PolicyHealth,
  counters: CountersView,
};

/** A policy as it was written, in events: the user's members, then its origin, revision and times. */
export const WrittenPolicy = z
  .looseObject({ id: z.string(), ...writtenMembers, requester })
  .meta({ id: "WrittenPolicy" });
export type WrittenPolicy = z.infer<typeof WrittenPolicy>;

/** A policy as REST returns it: the user's members first and as written, then the controller's. */
export const PolicyView = z
  .looseObject({ id: z.string(), ...policyReadOnlyMembers })
  .meta({ id: "Policy" });
export type PolicyView = z.infer<typeof PolicyView>;

export type PolicyWriteOutcome =
  | { readonly type: "created"; readonly policy: PolicyView }
  | { readonly type: "replaced"; readonly policy: PolicyView }
  | Rejection;

/** Selects a range of the policies in the order of their ids. */
export interface PolicyListQuery {
  /** Only ids after this one. */
  readonly after?: string;
  /** At most this many. */
  readonly limit: number;
  /** Only policies in this state. */
  readonly state?: PolicyState;
  /** Only policies that are limited to this project. */
  readonly project?: string;
}

export interface PolicyPage {
  readonly items: readonly PolicyView[];
  /** Whether more policies follow the last item. */
  readonly more: boolean;
}

/** What the API requires of the controller for policies. */
export interface PolicyService {
  /** In ascending order of ids (UTF-16 code units). */
  listPolicies(query: PolicyListQuery): Promise<PolicyPage>;
  getPolicy(id: string): PolicyView | undefined;
  /** The project that a policy is limited to; undefined: none, or no such policy. Without making its view. */
  projectOfPolicy(id: string): string | undefined;
  /** Creates a policy; assigns an id when the document has none. `exists` when the id is taken. */
  createPolicy(document: JsonObject, cause: Cause): Promise<PolicyWriteOutcome>;
  /** Creates or replaces the policy with the document's `id`, which is always present here. */
  putPolicy(
    document: JsonObject,
    precondition: Precondition,
    cause: Cause,
  ): Promise<PolicyWriteOutcome>;
  deletePolicy(id: string, precondition: Precondition, cause: Cause): Promise<DeleteOutcome>;
  /**
   * Resolves when the policy no longer changes by itself: it is active, disabled, expired, suspended or in error, or it is
   * deleted and no switch holds any of its rules. Otherwise resolves after `timeoutMs`, or when
   * `signal` aborts. Never rejects.
   */
  whenSettled(id: string, options: WaitOptions): Promise<void>;
}

export type ProbeOutcome = { readonly type: "probed"; readonly report: ProbeReport } | Rejection;

/** What the API requires of the controller for the health of policies. */
export interface PolicyHealthService {
  /** Probes every way of a policy's copies now; resolves when the results are known. Never rejects. */
  probePolicy(id: string, signal: AbortSignal): Promise<ProbeOutcome>;
}
