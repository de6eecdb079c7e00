// SPDX-License-Identifier: Apache-2.0
import type { FlowSpec } from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { Dpid } from "../../topology/index.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import type { CompileDelta, PolicyPlan } from "./model/policy-plan.ts";

/** An edit of the set of policies. An upsert replaces the policy of the same id. */
export interface PolicyEdit {
  readonly upsert?: Iterable<Policy>;
  readonly remove?: Iterable<PolicyId>;
}

/** What can be read of the taps of one moment. */
export interface ReadableTaps {
  /** How a policy is put into effect; undefined for an unknown id. */
  plan(id: PolicyId): Steps<PolicyPlan | undefined>;
  /** The desired entries of a switch. */
  desired(dpid: Dpid): readonly FlowSpec[];
  /** The other policies in effect that share frames with a policy, in order of their ids. */
  sharing(id: PolicyId): Steps<readonly Policy[]>;
}

/** The taps as an edit would make them. */
export interface TriedTaps extends ReadableTaps {
  /** The policies whose plan the edit changes, its own included, in order of their ids. */
  readonly changed: readonly PolicyId[];
  /** Why policies do not fit with the edit, of those that do without it or that it adds. */
  readonly refused: ReadonlyMap<PolicyId, string>;
}

/** Reads taps before and with an edit that is tried. */
export interface TrialReader<T, U> {
  /** Reads the taps as the edit makes them; undefined ends the trial. */
  tried(taps: TriedTaps): Steps<T | undefined>;
  /** Reads the present taps, to which those of the edit are compared. */
  present(taps: ReadableTaps, tried: T): Steps<U>;
}

/** An edit that is compiled, or the part of it that came first. */
export interface CompiledEdit {
  readonly delta: CompileDelta;
  /** The policies of the edit that are not compiled yet; undefined: all are. */
  readonly rest: readonly Policy[] | undefined;
}

/** When an edit of many policies ends early, at a policy. */
export interface EditInterruption {
  /** Whether something more urgent waits. */
  readonly isDue: () => boolean;
}
