// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../../model/policy.ts";
import { MOST_ADDRESSES, MOST_MONITORS } from "./one-sided-marks.ts";

/** What marks copies on their way: a VLAN id, a one-sided mark, or a mark for a pair of addresses. */
export type NumberKind = "vlan" | "mark" | "pair";

/** Copies of a policy for one monitor that are not made, because no number is free for them. */
export interface WaitingCopies {
  readonly policy: PolicyId;
  /** The key of the monitor. */
  readonly monitor: string;
  /** What there is none of. */
  readonly kind: NumberKind;
  /** Copies that need no such number wait, too: with them others would need one. */
  readonly isAll: boolean;
}

/** The copies of one policy that wait. */
export type Waits = readonly WaitingCopies[];

/** No copies wait. */
export const NO_WAITS: Waits = [];

/** What is missing for copies that need a number of a kind, or none; undefined: they do not wait. */
export function missingFor(
  waits: Waits,
  monitor: string,
  kind: NumberKind | undefined,
): NumberKind | undefined {
  if (waits === NO_WAITS) return undefined;
  return waits.find((each) => each.monitor === monitor && (each.isAll || each.kind === kind))?.kind;
}

/** Why copies that need a number are not made when there is none, a clause. */
export const NO_NUMBER: Readonly<Record<NumberKind, (monitor: string) => string>> = {
  vlan: (monitor) =>
    `no VLAN id is free for tagged copies to monitor ${monitor} (reserve more with tapVlanRange)`,
  mark: (monitor) =>
    `no tap mark is free for copies to monitor ${monitor}: ${MOST_MONITORS} monitors, and ${MOST_ADDRESSES} addresses for each, can have one`,
  pair: (monitor) =>
    `no tap mark is free for copies to monitor ${monitor}: hosts have too many of the addresses 0e:7a:…`,
};
