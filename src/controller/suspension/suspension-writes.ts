// SPDX-License-Identifier: Apache-2.0
import type { Suspension, TapsOutcome } from "../../contract/taps.ts";
import type { PolicyId } from "../../policy/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import { type PolicySuspension, type Suspensions, writeOf } from "./suspensions.ts";

/** The suspensions that are stored over a restart. */
interface StoredSuspensions {
  readonly all?: Suspension;
  readonly policies: readonly (readonly [id: string, suspension: PolicySuspension])[];
}

/** Stores suspensions. A write resolves only when it is durable, and rejects otherwise. */
export interface SuspensionStore {
  load(): Promise<StoredSuspensions>;
  putAll(suspension: Suspension): Promise<void>;
  removeAll(): Promise<void>;
  putPolicy(id: string, suspension: PolicySuspension): Promise<void>;
  removePolicy(id: string): Promise<void>;
}

/** Dependencies of `SuspensionWrites`. */
interface SuspensionWritesDeps {
  readonly registry: PolicyRegistry;
  readonly suspensions: Suspensions;
  readonly store: SuspensionStore;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  /** All taps are suspended (`now`) or resumed. */
  readonly changed: (old: Suspension | undefined, now: Suspension | undefined) => void;
  /** One policy is suspended or resumed. */
  readonly policyChanged: (id: PolicyId) => void;
}

const DONE: TapsOutcome = { type: "done" };

/**
 * Suspends and resumes taps: disk first, effect second. Requests run one after the other, so that the
 * disk and the effect both match the last one.
 */
export class SuspensionWrites {
  readonly #deps: SuspensionWritesDeps;
  readonly #queue = new KeyedQueue<"taps">();

  constructor(deps: SuspensionWritesDeps) {
    this.#deps = deps;
  }

  /** Restores the stored suspensions. Call before any policy is compiled. */
  async load(): Promise<void> {
    const { store, suspensions } = this.#deps;
    const { all, policies } = await store.load();
    suspensions.all = all;
    for (const [id, suspension] of policies) suspensions.setPolicy(id as PolicyId, suspension);
  }

  /** Suspends all taps; does nothing if they are suspended: the first request has stated the reason. */
  suspend(stated: Omit<Suspension, "since">): Promise<TapsOutcome> {
    const { suspensions, store, now, changed } = this.#deps;
    return this.#run(async () => {
      if (suspensions.all) return DONE;
      const suspension = { since: now(), ...stated };
      return this.#write(
        () => store.putAll(suspension),
        () => {
          suspensions.all = suspension;
          changed(undefined, suspension);
        },
      );
    });
  }

  /** Resumes all taps except the policies that the drop guard has suspended. */
  resume(): Promise<TapsOutcome> {
    const { suspensions, store, changed } = this.#deps;
    return this.#run(async () => {
      const old = suspensions.all;
      if (!old) return DONE;
      return this.#write(
        () => store.removeAll(),
        () => {
          suspensions.all = undefined;
          changed(old, undefined);
        },
      );
    });
  }

  /** Suspends one policy as it is written now; does nothing if it is deleted. */
  suspendPolicy(id: PolicyId, reason: string): Promise<TapsOutcome> {
    const { registry, suspensions, store, now, policyChanged } = this.#deps;
    return this.#run(async () => {
      const entry = registry.get(id);
      if (!entry || suspensions.ofPolicy(entry)) return DONE;
      const suspension = { since: now(), reason, write: writeOf(entry) };
      return this.#write(
        () => store.putPolicy(id, suspension),
        () => {
          suspensions.setPolicy(id, suspension);
          policyChanged(id);
        },
      );
    });
  }

  /** Resumes one policy that the drop guard has suspended; does nothing if it is not suspended. */
  resumePolicy(id: PolicyId): Promise<TapsOutcome> {
    const { registry, suspensions, store, policyChanged } = this.#deps;
    return this.#run(async () => {
      const entry = registry.get(id);
      if (!entry) return { type: "notFound" };
      if (!suspensions.ofPolicy(entry)) return DONE;
      return this.#write(
        () => store.removePolicy(id),
        () => {
          suspensions.deletePolicy(id);
          policyChanged(id);
        },
      );
    });
  }

  /** A policy was edited or deleted: its suspension no longer applies. */
  forgetPolicy(id: PolicyId): void {
    const { suspensions, store } = this.#deps;
    if (!suspensions.deletePolicy(id)) return;
    // A record left behind by a disk failure does no harm: it names a write that is no longer the last.
    const nothing = () => undefined;
    void this.#run(() => this.#write(() => store.removePolicy(id), nothing));
  }

  /** Resolves when every write that has begun is finished. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  #run(write: () => Promise<TapsOutcome>): Promise<TapsOutcome> {
    return this.#queue.run("taps", write);
  }

  async #write(write: () => Promise<void>, effect: () => void): Promise<TapsOutcome> {
    const written = await attemptStore(write);
    if (!written.ok) return written.refusal;
    effect();
    return DONE;
  }
}
