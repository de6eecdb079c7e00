// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../model/policy.ts";
import type { CopyNumbers, NumberKeys } from "./emit/copy-numbers.ts";
import { NO_WAITS, type WaitingCopies, type Waits } from "./model/waiting-copies.ts";
import type { LackingCopies } from "./overlap/lacking-copies.ts";
import { numberKindOf } from "./overlap/number-need.ts";

/** Copies that wait, with a claim to the number that was not free. */
interface Waiting extends WaitingCopies, Pick<LackingCopies, "copy" | "truncate"> {
  readonly keys: NumberKeys;
}

/**
 * Decides which copies wait where numbers run out: those of policies that were added since the last edit ended.
 * All others have the numbers that they need, with these policies or without them, and keep them. A policy whose
 * copies wait for a monitor is treated as if it did not name that monitor, where they need such a number: no other
 * tap leaves copies to it, and it decides neither how copies are carried nor how long they are.
 */
export class Admission {
  readonly #numbers: CopyNumbers;
  readonly #waiting = new Map<PolicyId, readonly Waiting[]>();
  readonly #late: Set<PolicyId>;
  /** Claims of copies that no longer wait, until their taps have numbers of their own. */
  #ended: NumberKeys[] = [];

  /** `before`: that of the network which this one replaces. Policies that wait there are tried again. */
  constructor(numbers: CopyNumbers, before?: Admission) {
    this.#numbers = numbers;
    this.#late = new Set(before && [...before.#late, ...before.#waiting.keys()]);
  }

  /** The copies of a policy that wait. */
  waitsOf(id: PolicyId): Waits {
    return this.#waiting.get(id) ?? NO_WAITS;
  }

  /** A policy comes, or is compiled for another network. */
  add(id: PolicyId): void {
    this.#late.add(id);
  }

  /** A policy goes. */
  remove(id: PolicyId): void {
    for (const { keys } of this.#waiting.get(id) ?? []) this.#numbers.release(keys);
    this.#waiting.delete(id);
  }

  /** The edit is over: its policies are in effect, or wait. */
  hold(): void {
    this.#late.clear();
  }

  /** The policies that the present edit has added. */
  get late(): ReadonlySet<PolicyId> {
    return new Set(this.#late);
  }

  /** Takes back what a trial has added. */
  restore(late: ReadonlySet<PolicyId>): void {
    this.#late.clear();
    for (const id of late) this.#late.add(id);
  }

  /**
   * Decides on copies for which no number is free; returns the policies to compile again. `woken`: those whose
   * copies have ceased to wait in the present edit, to which it adds: none does so twice.
   */
  decide(lacking: readonly LackingCopies[], woken: Set<PolicyId>): ReadonlySet<PolicyId> {
    for (const keys of this.#ended) this.#numbers.release(keys);
    this.#ended = [];
    const again = new Set<PolicyId>();
    for (const each of lacking) {
      for (const id of each.own) if (this.#makeWait(id, each, false)) again.add(id);
    }
    if (again.size > 0) return again;
    for (const each of lacking) {
      const last = [...each.own, ...each.others].sort().reverse();
      for (const id of last) if (this.#makeWait(id, each, true)) return new Set([id]);
    }
    for (const id of [...this.#waiting.keys()]) {
      if (!woken.has(id) && this.#wake(id)) again.add(id);
    }
    for (const id of again) {
      woken.add(id);
      this.#late.add(id);
    }
    return again;
  }

  /** Makes the copies of a policy wait; false: they do already, or it was there before. */
  #makeWait(policy: PolicyId, { copy, truncate }: LackingCopies, isAll: boolean): boolean {
    const kind = numberKindOf(copy);
    if (kind === undefined || !this.#late.has(policy)) return false;
    const monitor = copy.monitor.key;
    const present = this.#waiting.get(policy) ?? [];
    const isKnown = present.some(
      (each) => each.monitor === monitor && (each.isAll || (!isAll && each.kind === kind)),
    );
    if (isKnown) return false;
    const { marking: _, ...keys } = this.#numbers.acquire(copy, truncate);
    const waiting = { policy, monitor, kind, isAll, copy, truncate, keys };
    this.#waiting.set(policy, [...present, waiting]);
    return true;
  }

  /** Ends the wait of copies for which a number is free now; whether there are any. */
  #wake(id: PolicyId): boolean {
    const present = this.#waiting.get(id) ?? [];
    const left = present.filter(({ copy, truncate }) => !this.#numbers.has(copy, truncate));
    if (left.length === present.length) return false;
    for (const each of present) if (!left.includes(each)) this.#ended.push(each.keys);
    if (left.length > 0) this.#waiting.set(id, left);
    else this.#waiting.delete(id);
    return true;
  }
}
