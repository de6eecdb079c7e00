import type { EntryRef, FlowKey, FlowSpec } from "../../../flow-model/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import type { PolicyId } from "../../model/policy.ts";

/** What an edit changes in the tables of the switches. */
export interface CompileDelta {
  readonly switches: ReadonlyMap<Dpid, SwitchDelta>;
  /** Policies whose plan is no longer the same, in order of their ids. */
  readonly changed: readonly PolicyId[];
}

/** What an edit changes in the table of one switch. */
export interface SwitchDelta {
  /** Entries to add, or to modify where the switch has one with the same key. */
  readonly set: readonly FlowSpec[];
  readonly delete: readonly FlowKey[];
}

/** Why a policy, or some of it, is not in effect. */
export interface PlanProblem {
  /** What it keeps from working: everything, one monitor's copies, or some of the traffic. */
  readonly blocks: "policy" | "monitor" | "part";
  /** The monitor concerned, as `PolicyPlan.copies` names it. */
  readonly monitor?: string;
  /** A sentence without a full stop: "monitor fa:00:00:00:00:03 has not been seen on any port". */
  readonly what: string;
}

/** How a policy is put into effect. */
export interface PolicyPlan {
  readonly id: PolicyId;
  readonly enabled: boolean;
  /** Where frames are tapped, in words: "s1 port 1 (sender's edge)". */
  readonly tapPoints: readonly string[];
  /** One per monitor, in the policy's order. */
  readonly copies: readonly PlannedCopies[];
  /** Empty: everything the policy asks for is in the tables. */
  readonly problems: readonly PlanProblem[];
}

/** The entries that make one monitor's copies. */
export interface PlannedCopies {
  /** The monitor as the policy names it. */
  readonly monitor: string;
  /** Rewriting, transit and recovery rules: all must be confirmed for the copies to be active. */
  readonly entries: readonly EntryRef[];
  /** What counts the copies: each rewriting rule that makes some of them, once. */
  readonly trails: readonly CopyTrail[];
}

/** Where copies for a monitor begin and end, and so are counted. */
export interface CopyTrail {
  /** The rewriting rule. It counts the frames that it has copies made of. */
  readonly source: EntryRef;
  /** Which of the rule's buckets makes the copy, as `copyMark` tells it. */
  readonly mark: string;
  /**
   * The rule at the monitor's switch that restores the copy, and counts what arrives. Absent when the
   * copy leaves the rewriting rule's switch to the monitor at once.
   */
  readonly sink?: EntryRef;
  /**
   * The balanced set of the policy, from 0, that the monitor is in: of a frame that the rule counts,
   * only one of the set gets a copy.
   */
  readonly set?: number;
  /** The policy asks for a copy of every frame that the rule decides about, not of some only. */
  readonly exact: boolean;
}
