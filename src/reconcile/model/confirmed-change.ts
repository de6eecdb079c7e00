// SPDX-License-Identifier: Apache-2.0
import type { CommitOutcome, StepOutcome } from "./switch-channel.ts";
import type { TableChange } from "./table-change.ts";

declare const confirmed: unique symbol;

/**
 * A change that the switch has confirmed. Only `confirmedChanges` makes one, from the switch's
 * answer, and only such a change updates the installed entries of a `SwitchTracker`.
 */
export type ConfirmedChange = TableChange & { readonly [confirmed]: true };

/** The answer to a transaction of which at least a part is in effect. */
export type Confirmation = Extract<
  CommitOutcome | StepOutcome,
  { readonly type: "committed" | "done" }
>;

/** The changes of a transaction that are in effect according to the switch's answer. */
export function confirmedChanges(
  sent: readonly TableChange[],
  answer: Confirmation,
): readonly ConfirmedChange[] {
  const failures = answer.type === "done" ? answer.failures : [];
  const failed = new Set(failures.map(({ index }) => index));
  const inEffect = failed.size === 0 ? sent : sent.filter((_, at) => !failed.has(at));
  return inEffect as readonly ConfirmedChange[];
}
