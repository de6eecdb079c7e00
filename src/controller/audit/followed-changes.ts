// SPDX-License-Identifier: Apache-2.0
import type { AuditEntry, AuditRecord } from "../../contract/audit/audit.ts";
import type { PolicyState, PolicyStatus } from "../../contract/policies.ts";
import type { PolicyId } from "../../policy/index.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import type { AuditStore } from "./audit-store.ts";

/** Dependencies of `FollowedChanges`. */
interface FollowedChangesDeps {
  readonly store: AuditStore;
  /** Whether there is a policy with this id, and whether it is valid. */
  readonly known: (id: PolicyId) => "valid" | "invalid" | undefined;
  readonly statusTracker: StatusSource;
  /** Whether the last write of a policy is not compiled yet. */
  readonly isCompiling: (id: PolicyId) => boolean;
  readonly logger: Logger;
}

/** The statuses of policies. */
interface StatusSource {
  subscribe(listener: {
    changed(id: PolicyId, old: PolicyStatus | undefined, now: PolicyStatus): void;
    flushed(): void;
  }): void;
  status(id: PolicyId): PolicyStatus;
  /** Whether a policy that does not exist has no entries left on any switch. */
  hasLeft(id: PolicyId): boolean;
}

/** Records before a start in which changes are looked for that had not settled. */
const LOOKED_BACK = 1000;

/** Changes looked at whenever statuses have been reported. */
const AT_ONCE = 500;

/**
 * Records what changes of policies have brought about on the switches: the first status that is not `pending`, or
 * that no switch holds rules of a deleted policy. One record for the last change of a policy; changes before it
 * that had not settled have none.
 */
export class FollowedChanges {
  readonly #deps: FollowedChangesDeps;
  /** The sequence numbers of changes that have not settled. */
  readonly #open = new Map<PolicyId, number>();
  /** Sequence number of the last record before the start. */
  #before = 0;
  #settled: AuditEntry[] = [];
  #writing: Promise<void> | undefined;

  constructor(deps: FollowedChangesDeps) {
    this.#deps = deps;
    deps.store.watch((record) => this.#noted(record));
    deps.statusTracker.subscribe({
      changed: (id, _, now) => this.#changed(id, now),
      flushed: () => this.#flushed(),
    });
  }

  /**
   * Takes up the latest changes that had not settled at the last stop, except deletions: what switches still hold
   * of these is not known after a start. Call before any policy is compiled.
   */
  async load(): Promise<void> {
    const { store } = this.#deps;
    const { sequence } = await store.head();
    this.#before = sequence;
    for await (const record of store.after(Math.max(0, sequence - LOOKED_BACK))) {
      const id = record.object?.id as PolicyId;
      if (record.type !== "followed") this.#noted(record);
      else if (this.#open.get(id) === record.follows) this.#open.delete(id);
    }
  }

  /** Resolves when nothing is written any more. */
  async idle(): Promise<void> {
    await this.#writing;
  }

  #noted({ type, object, sequence }: AuditRecord): void {
    if (type !== "change" || object?.kind !== "policy" || object.id === undefined) return;
    this.#open.set(object.id as PolicyId, sequence);
  }

  #changed(id: PolicyId, { state, reasons }: PolicyStatus): void {
    const follows = this.#open.get(id);
    if (follows === undefined || isOpen(state) || this.#deps.isCompiling(id)) return;
    this.#settle(id, { follows, state, reasons });
  }

  /** Finds the changes after which the status is as before, and the deletions that are done. */
  #flushed(): void {
    const { known, statusTracker, isCompiling } = this.#deps;
    for (const [id, follows] of firstOf(this.#open, AT_ONCE)) {
      // Last in the order, so that none waits for ever behind others.
      this.#open.delete(id);
      this.#open.set(id, follows);
      if (isCompiling(id)) continue;
      const found = known(id);
      if (found === undefined && follows <= this.#before) {
        this.#open.delete(id);
        continue;
      }
      if (found === undefined && statusTracker.hasLeft(id)) {
        this.#settle(id, { follows, reasons: REMOVED });
      }
      if (found !== "valid") continue;
      const { state, reasons } = statusTracker.status(id);
      if (!isOpen(state)) this.#settle(id, { follows, state, reasons });
    }
  }

  #settle(id: PolicyId, followed: Pick<AuditEntry, "follows" | "state" | "reasons">): void {
    this.#open.delete(id);
    this.#settled.push({ type: "followed", object: { kind: "policy", id }, ...followed });
    this.#writing ??= this.#write();
  }

  async #write(): Promise<void> {
    // What settles in this turn is written together.
    await new Promise<void>((resolve) => setImmediate(resolve));
    while (this.#settled.length > 0) {
      const entries = this.#settled;
      this.#settled = [];
      const written = await attemptStore(() => this.#deps.store.append(entries));
      if (written.ok) continue;
      const fields = { records: entries.length, why: written.refusal.detail };
      this.#deps.logger.warn(fields, "what followed on the switches is not in the audit");
    }
    this.#writing = undefined;
  }
}

/** Whether the switches have not done yet what follows from a change. */
function isOpen(state: PolicyState): boolean {
  return state === "pending" || state === "suspended";
}

function firstOf<T>(all: Iterable<T>, count: number): T[] {
  const first: T[] = [];
  for (const each of all) if (first.push(each) === count) break;
  return first;
}

const REMOVED = ["no switch holds rules of it any more"];
