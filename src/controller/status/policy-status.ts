// SPDX-License-Identifier: Apache-2.0
import type { PolicyStatus } from "../../contract/policies.ts";
import { type EntryRef, splitEntryRef } from "../../flow-model/index.ts";
import { sameItems } from "../../lang/same-items.ts";
import type { PlannedCopies, PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { Dpid, PortAt } from "../../topology/index.ts";

/** Installation state of a desired entry. */
export type EntryState = "confirmed" | "pending" | { readonly refused: string };

/** Why frames that a policy selects are not handed over, and whether any are. */
export interface Unmirrored {
  readonly errors: readonly string[];
  readonly waits: readonly string[];
  /** Some port of the policy is mirrored. */
  readonly isServed: boolean;
}

/** What the status of a policy depends on besides its plan. */
export interface StatusInputs {
  entryState(ref: EntryRef): EntryState;
  /** Why frames do not reach an entry that its switch has confirmed, as sentences; none: they do. */
  overridden?(ref: EntryRef): readonly string[];
  /** Why copies that leave by a port do not reach the monitor behind it, as a clause; undefined: they do. */
  outletProblem?(at: PortAt): string | undefined;
  /** What else than copies the monitor behind a port receives, as a clause; undefined: nothing. */
  outletExcess?(at: PortAt): string | undefined;
  switchName(dpid: Dpid): string;
  connected(dpid: Dpid): boolean;
  /** Whether a switch deletes all entries while it is not connected, as its database says. */
  deletesEntries?(dpid: Dpid): boolean;
  /** Whether OpenVTAP has the slave role on the switch and cannot change it. */
  slave?(dpid: Dpid): boolean;
  /**
   * The status of a policy that is compiled as a disabled one for another reason than its document: it is
   * suspended, held because of a quota, it has not started, or it has ended. Undefined: no such reason.
   */
  inactive?(id: PolicyId): PolicyStatus | undefined;
  /** The status of an enabled policy that is delivered by mirrors; undefined: it is not. */
  mirrored?(id: PolicyId): PolicyStatus | undefined;
  /** Why mirrors do not hand its frames to where they are copied; undefined: they do, or none are needed. */
  unmirrored?(id: PolicyId): Unmirrored | undefined;
  /** Which of its monitors are claimed at another port than their own; they get their copies. */
  contested?(id: PolicyId): readonly string[];
  /** Whether the last write of a policy is not compiled yet. */
  isCompiling?(id: PolicyId): boolean;
}

const DISABLED: PolicyStatus = { state: "disabled", reasons: [] };

/** Maximum number of reasons in a status; keeps a policy with hundreds of monitors readable. */
const MAX_REASONS = 20;

/**
 * The status of a policy from its plan and from what the switches have confirmed.
 *
 * `error` when a switch refused an entry, or a problem says so; else `active` when nothing is missing,
 * `degraded` when some monitor receives all its copies and something else is missing, or contested, when entries
 * of other applications take frames before installed ones, when a monitor's port loses copies or sends more than
 * copies, or a problem says so;
 * `pending` when none does yet.
 */
export function policyStatus(plan: PolicyPlan, inputs: StatusInputs): PolicyStatus {
  if (inputs.isCompiling?.(plan.id)) return { state: "pending", reasons: ["it is being compiled"] };
  if (!plan.enabled) return inputs.inactive?.(plan.id) ?? DISABLED;
  const mirrored = inputs.mirrored?.(plan.id);
  if (mirrored !== undefined) return { ...mirrored, reasons: listed(mirrored.reasons) };
  const refusals = new Set<string>();
  const waits = new Set<string>(plan.problems.map(({ what }) => what));
  for (const reason of inputs.contested?.(plan.id) ?? []) waits.add(reason);
  const unmirrored = inputs.unmirrored?.(plan.id);
  for (const reason of unmirrored?.errors ?? []) refusals.add(reason);
  for (const reason of unmirrored?.waits ?? []) waits.add(reason);
  let served = 0;
  for (const copies of plan.copies) {
    if (isServed(copies, plan, inputs, { refusals, waits })) served++;
  }
  const states = new Set(plan.problems.map(({ state }) => state));
  if (unmirrored?.isServed === false) served = 0;
  if (refusals.size > 0 || states.has("error"))
    return { state: "error", reasons: listed([...refusals, ...waits]) };
  if (waits.size === 0 && served > 0) return { state: "active", reasons: [] };
  const blocked = plan.problems.some(({ blocks }) => blocks === "policy");
  const isDegraded = (served > 0 || states.has("degraded")) && !blocked;
  return { state: isDegraded ? "degraded" : "pending", reasons: listed([...waits]) };
}

/**
 * Whether all copies for one monitor are installed, apart from those of frames that forge its address; adds
 * what is missing to the reasons.
 */
function isServed(
  copies: PlannedCopies,
  plan: PolicyPlan,
  inputs: StatusInputs,
  { refusals, waits }: { refusals: Set<string>; waits: Set<string> },
): boolean {
  const isMissing = (ref: EntryRef) =>
    inputs.entryState(ref) !== "confirmed" || isDeleted(dpidOf(ref), inputs);
  const missing: EntryRef[] = [];
  for (const ref of copies.entries) {
    if (isMissing(ref)) missing.push(ref);
    else for (const reason of inputs.overridden?.(ref) ?? []) waits.add(reason);
  }
  for (const at of copies.outlets ?? []) {
    const problem = inputs.outletProblem?.(at);
    if (problem !== undefined)
      waits.add(`copies for monitor ${copies.monitor} are lost: ${problem}`);
    const excess = inputs.outletExcess?.(at);
    if (excess !== undefined)
      waits.add(`monitor ${copies.monitor} receives more than copies: ${excess}`);
  }
  const all = [...missing, ...(copies.ingress ?? []).filter(isMissing)];
  if (all.length > 0) explain(all, inputs, { refusals, waits });
  const blocked = plan.problems.some(
    (problem) => problem.blocks === "monitor" && problem.monitor === copies.monitor,
  );
  return missing.length === 0 && !blocked && copies.entries.length > 0;
}

/** Adds the reasons why entries are not confirmed. */
function explain(
  missing: readonly EntryRef[],
  inputs: StatusInputs,
  { refusals, waits }: { refusals: Set<string>; waits: Set<string> },
): void {
  const waiting = new Map<Dpid, number>();
  for (const ref of missing) {
    const state = inputs.entryState(ref);
    const dpid = dpidOf(ref);
    if (typeof state === "object") {
      refusals.add(`switch ${inputs.switchName(dpid)} refused a rule: ${state.refused}`);
    } else {
      waiting.set(dpid, (waiting.get(dpid) ?? 0) + 1);
    }
  }
  for (const [dpid, count] of waiting) waits.add(waitReason(dpid, count, inputs));
}

function waitReason(dpid: Dpid, count: number, inputs: StatusInputs): string {
  const name = inputs.switchName(dpid);
  if (isDeleted(dpid, inputs)) {
    return `switch ${name} is not connected, and its fail mode is standalone: it deletes all entries and forwards by itself`;
  }
  if (!inputs.connected(dpid)) return `switch ${name} is not connected`;
  if (inputs.slave?.(dpid))
    return `switch ${name} accepts no changes: OpenVTAP has the slave role there`;
  return `switch ${name} has not confirmed ${count === 1 ? "a rule" : `${count} rules`} yet`;
}

function isDeleted(dpid: Dpid, inputs: StatusInputs): boolean {
  return !inputs.connected(dpid) && inputs.deletesEntries?.(dpid) === true;
}

function dpidOf(ref: EntryRef): Dpid {
  return splitEntryRef(ref).dpid as Dpid;
}

function listed(reasons: readonly string[]): readonly string[] {
  if (reasons.length <= MAX_REASONS) return reasons;
  return [...reasons.slice(0, MAX_REASONS), `and ${reasons.length - MAX_REASONS} more reasons`];
}

/** Whether two statuses are equal. */
export function sameStatus(a: PolicyStatus | undefined, b: PolicyStatus): boolean {
  return a !== undefined && a.state === b.state && sameItems(a.reasons, b.reasons);
}
