// SPDX-License-Identifier: Apache-2.0
import type { PolicyDryRun, PolicyEffect, PolicyForecast } from "../../contract/policy-sets.ts";
import type { Policy, PolicyId } from "../../policy/index.ts";
import type { GroupEntry } from "./group-registry.ts";
import type { GroupUsers } from "./group-users.ts";
import type { KnownPolicy, PolicyEntry } from "./policy-registry.ts";

/** A change of policies that is tried. */
export interface TriedChange {
  readonly upsert: readonly Policy[];
  readonly remove: readonly PolicyId[];
  /** The policies to forecast: written by the change, or beside it. */
  readonly forecast: readonly Policy[];
  /** A policy that the change writes, to be compared with what it is now. Absent: none. */
  readonly compared?: PolicyId;
  /** Policies of `upsert` that the change does not write: they name groups that it does. */
  readonly concerned?: ReadonlyMap<PolicyId, Concern>;
}

/** How a change concerns a policy that it does not write. */
export interface Concern {
  /** A clause. */
  readonly why: string;
  /** Why the policy is invalid without the change; absent: it is valid. */
  readonly invalid?: readonly string[];
}

/** What a change would do. */
export interface ChangeForecast extends Pick<PolicyDryRun, "effects" | "unlistedEffects"> {
  /** As `TriedChange.forecast`. */
  readonly policies: readonly (PolicyForecast & { readonly id: string })[];
  /** What the change does to `TriedChange.compared`; absent: it is new, or none is compared. */
  readonly changes?: PolicyEffect["changes"];
  /** Why policies do not fit with the change that fit without it, or are new. */
  readonly refused: ReadonlyMap<PolicyId, string>;
}

/** Policies and groups that are on disk, or no longer, by one write. */
export interface WrittenDocuments {
  readonly policies?: readonly Written<PolicyEntry, KnownPolicy>[];
  readonly deletedPolicies?: readonly KnownPolicy[];
  readonly groups?: readonly Written<GroupEntry, GroupEntry>[];
  /** No policy names them. */
  readonly deletedGroups?: readonly GroupEntry[];
  /** Other policies, with the new members of the groups that they name. */
  readonly users?: GroupUsers;
}

interface Written<Entry, Before> {
  readonly entry: Entry;
  readonly before: Before | undefined;
}
