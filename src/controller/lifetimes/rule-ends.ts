// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { StepQueue } from "../../runtime/index.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import { EntryIndex } from "../status/entry-index.ts";

/** Dependencies of `RuleEnds`. */
interface RuleEndsDeps {
  readonly registry: Pick<PolicyRegistry, "get">;
  readonly plan: (id: PolicyId) => PolicyPlan | undefined;
  /** Whether an entry is desired and makes copies. */
  readonly makesCopies: (ref: EntryRef) => boolean;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** For how long these entries are needed has changed. */
  readonly changed: (refs: readonly EntryRef[]) => void;
}

/** How long changes of plans are collected, in milliseconds. */
const COLLECT_MS = 200;

/**
 * For how long the entries that make copies are needed: until the last of the policies ends that rely on them.
 * So switches can remove them by themselves when OpenVTAP does not. The cost is proportional to what changes.
 */
export class RuleEnds {
  readonly #deps: RuleEndsDeps;
  readonly #used = new EntryIndex();
  /** Milliseconds since 1970. */
  readonly #ends = new Map<EntryRef, number>();
  /** Entries whose policies have changed. */
  #touched = new Set<EntryRef>();
  readonly #queue = new StepQueue();
  #timer: CancelTimer | undefined;

  constructor(deps: RuleEndsDeps) {
    this.#deps = deps;
  }

  /** For how long an entry is needed, in milliseconds; undefined: for ever, or that is not known yet. */
  neededMs(ref: EntryRef): number | undefined {
    const end = this.#ends.get(ref);
    return end === undefined ? undefined : Math.max(0, end - this.#deps.wallClock());
  }

  /** The plans of these policies changed; also called for new and deleted policies. */
  plansChanged(ids: Iterable<PolicyId>): void {
    const { plan, makesCopies, clock } = this.#deps;
    for (const id of ids) {
      const entries = plan(id)?.copies.flatMap((copies) => copies.entries) ?? [];
      for (const ref of this.#used.refsOf(id)) this.#touched.add(ref);
      this.#used.set(id, new Set(entries.filter(makesCopies)));
      for (const ref of this.#used.refsOf(id)) this.#touched.add(ref);
    }
    if (this.#touched.size === 0) return;
    this.#timer ??= clock.after(COLLECT_MS, () => {
      this.#timer = undefined;
      this.#queue.add("ordinary", () => this.#reviewing());
    });
  }

  close(): void {
    this.#timer?.();
    this.#queue.close();
  }

  *#reviewing(): Steps<void> {
    const touched = this.#touched;
    this.#touched = new Set();
    const changed: EntryRef[] = [];
    yield* forEach(touched, (ref) => {
      const end = this.#lastEndOf(ref);
      if (end === this.#ends.get(ref)) return;
      if (end === undefined) this.#ends.delete(ref);
      else this.#ends.set(ref, end);
      changed.push(ref);
    });
    if (changed.length > 0) this.#deps.changed(changed);
  }

  /** The last end of the policies that rely on an entry; undefined: one of them does not end. */
  #lastEndOf(ref: EntryRef): number | undefined {
    let last: number | undefined;
    for (const id of this.#used.policiesOf(ref)) {
      const end = this.#deps.registry.get(id)?.policy.lifetime?.endsAt;
      if (end === undefined) return undefined;
      last = Math.max(last ?? end, end);
    }
    return last;
  }
}
