// SPDX-License-Identifier: Apache-2.0
import type { Cause } from "../../contract/audit/actor.ts";
import type { AuditEntry } from "../../contract/audit/audit.ts";
import type { Suspension, TapsOutcome } from "../../contract/taps.ts";
import type { PolicyId } from "../../policy/index.ts";
import { KeyedQueue } from "../../runtime/keyed-queue.ts";
import type { Logger } from "../../runtime/logger.ts";
import { attemptStore } from "../../runtime/store-attempt.ts";
import { objectChange } from "../audit/audit-entries.ts";
import type { PolicyRegistry } from "../policies/policy-registry.ts";
import {
  type PolicySuspension,
  type ProjectSuspension,
  type Suspensions,
  writeOf,
} from "./suspensions.ts";

/** The suspensions that are stored over a restart. */
interface StoredSuspensions {
  readonly all?: Suspension;
  readonly projects: readonly (readonly [project: string, suspension: ProjectSuspension])[];
  readonly policies: readonly (readonly [id: string, suspension: PolicySuspension])[];
}

/** Stores suspensions. A write resolves only when it is durable, with the records of the audit, and rejects otherwise. */
export interface SuspensionStore {
  load(): Promise<StoredSuspensions>;
  putAll(suspension: Suspension, audit?: readonly AuditEntry[]): Promise<void>;
  removeAll(audit?: readonly AuditEntry[]): Promise<void>;
  putProject(
    project: string,
    suspension: ProjectSuspension,
    audit?: readonly AuditEntry[],
  ): Promise<void>;
  removeProject(project: string, audit?: readonly AuditEntry[]): Promise<void>;
  putPolicy(id: string, suspension: PolicySuspension): Promise<void>;
  removePolicy(id: string, audit?: readonly AuditEntry[]): Promise<void>;
}

/** Dependencies of `SuspensionWrites`. */
interface SuspensionWritesDeps {
  readonly registry: PolicyRegistry;
  readonly suspensions: Suspensions;
  readonly store: SuspensionStore;
  /** Appends records of the audit that are part of no write. */
  readonly record: (entries: readonly AuditEntry[]) => Promise<void>;
  readonly logger: Pick<Logger, "info" | "error">;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  /** All taps, or those of a project, are suspended (`now`) or resumed. */
  readonly changed: (change: SuspensionChange, cause: Cause) => void;
  /** One policy is suspended or resumed. */
  readonly policyChanged: (id: PolicyId) => void;
}

/** A change of the suspension of all taps, or of those of a project. */
export interface SuspensionChange {
  readonly project?: string | undefined;
  readonly old?: Suspension | undefined;
  readonly now?: Suspension | undefined;
}

/** Most records of the audit that wait for the disk. */
const MOST_UNRECORDED = 1000;

const DONE: TapsOutcome = { type: "done" };

/**
 * Suspends and resumes taps. Suspending is a safety measure: it takes effect at once and reaches the disk
 * when it can; until then it is reported as unstored. Resuming, which a crash must not undo, is disk
 * first, effect second. Writes run one after the other, so that the disk matches the last request.
 */
export class SuspensionWrites {
  readonly #deps: SuspensionWritesDeps;
  readonly #queue = new KeyedQueue<"taps">();
  /** Suspensions in effect that could not be written, and how; by key. */
  readonly #unstored = new Map<string, Unstored>();
  /** Records of suspensions that have come and gone while the disk failed. */
  #unrecorded: readonly AuditEntry[] = [];

  constructor(deps: SuspensionWritesDeps) {
    this.#deps = deps;
  }

  /** Restores the stored suspensions. Call before any policy is compiled. */
  async load(): Promise<void> {
    const { store, suspensions } = this.#deps;
    const { all, projects, policies } = await store.load();
    suspensions.all = all;
    for (const [project, suspension] of projects) suspensions.projects.set(project, suspension);
    for (const [id, suspension] of policies) suspensions.setPolicy(id as PolicyId, suspension);
  }

  /** Why the suspension of all taps, of a project or of a policy is not on disk; undefined when it is. */
  unstored(of: SuspensionKey = {}): string | undefined {
    return this.#unstored.get(keyOf(of))?.why;
  }

  /** How many records of the audit wait for the disk, besides those of suspensions that are not on it. */
  get unrecorded(): number {
    return this.#unrecorded.length;
  }

  /** Suspends all taps; does nothing if they are suspended: the first request has stated the reason. */
  async suspend(stated: Omit<Suspension, "since">, cause: Cause): Promise<TapsOutcome> {
    const { suspensions, store, now, changed } = this.#deps;
    if (suspensions.all) return DONE;
    const suspension = { since: now(), ...stated };
    suspensions.all = suspension;
    changed({ now: suspension }, cause);
    const audit = [tapsChange({ ...cause, ...stated }, { after: { ...suspension } })];
    return this.#store(keyOf({}), audit, () => store.putAll(suspension, audit));
  }

  /** Resumes all taps except those of projects, and the policies that the drop guard has suspended. */
  resume(cause: Cause): Promise<TapsOutcome> {
    const { suspensions, store, changed } = this.#deps;
    return this.#run(async () => {
      const old = suspensions.all;
      if (!old) return DONE;
      const audit = [tapsChange(cause, { before: { ...old } })];
      return this.#remove(
        keyOf({}),
        { audit, remove: (records) => store.removeAll(records) },
        () => {
          suspensions.all = undefined;
          changed({ old }, cause);
        },
      );
    });
  }

  /**
   * Suspends the taps of a project; does nothing if they are suspended, unless the project itself has suspended them
   * and another now does, who decides when they are resumed.
   */
  async suspendProject(
    project: string,
    stated: Omit<Suspension, "since">,
    cause: Cause,
  ): Promise<TapsOutcome> {
    const { suspensions, store, now, changed } = this.#deps;
    const old = suspensions.projects.get(project);
    const byProject = cause.actor.project !== undefined;
    if (old && (byProject || !old.byProject)) return DONE;
    const suspension = { since: now(), ...stated, byProject };
    suspensions.projects.set(project, suspension);
    changed({ project, old, now: suspension }, cause);
    const sides = { ...(old && { before: { ...old } }), after: { ...suspension } };
    const audit = [tapsChange({ ...cause, ...stated }, sides, project)];
    const write = () => store.putProject(project, suspension, audit);
    return this.#store(keyOf({ project }), audit, write);
  }

  /** Resumes the taps of a project; an identity of the project only what one of the project has suspended. */
  resumeProject(project: string, cause: Cause): Promise<TapsOutcome> {
    const { suspensions, store, changed } = this.#deps;
    return this.#run(async () => {
      const old = suspensions.projects.get(project);
      if (!old) return DONE;
      if (cause.actor.project !== undefined && !old.byProject) return NOT_BY_PROJECT;
      const audit = [tapsChange(cause, { before: { ...old } }, project)];
      return this.#remove(
        keyOf({ project }),
        { audit, remove: (records) => store.removeProject(project, records) },
        () => {
          suspensions.projects.delete(project);
          changed({ project, old }, cause);
        },
      );
    });
  }

  /** Suspends one policy as it is written now; does nothing if it is deleted. */
  async suspendPolicy(id: PolicyId, reason: string): Promise<TapsOutcome> {
    const { registry, suspensions, store, now, policyChanged } = this.#deps;
    const entry = registry.get(id);
    if (!entry || suspensions.ofPolicy(entry)) return DONE;
    const suspension = { since: now(), reason, write: writeOf(entry) };
    suspensions.setPolicy(id, suspension);
    policyChanged(id);
    return this.#store(keyOf({ id }), [], () => store.putPolicy(id, suspension));
  }

  /** Resumes one policy that the drop guard has suspended; does nothing if it is not suspended. */
  resumePolicy(id: PolicyId, cause: Cause): Promise<TapsOutcome> {
    const { registry, suspensions, store, policyChanged } = this.#deps;
    return this.#run(async () => {
      const entry = registry.get(id);
      if (!entry) return { type: "notFound" };
      const old = suspensions.ofPolicy(entry);
      if (!old) return DONE;
      const { since, reason } = old;
      const object = { kind: "taps", id } as const;
      const change = { object, before: { since, reason }, status: 200 };
      const audit = [objectChange(cause, change)];
      return this.#remove(
        keyOf({ id }),
        { audit, remove: (records) => store.removePolicy(id, records) },
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
    const removal = { audit: [], remove: () => store.removePolicy(id) };
    void this.#run(() => this.#remove(keyOf({ id }), removal, () => undefined));
  }

  /** The disk takes writes again: writes the suspensions that are not on it, and the records of those that were not. */
  retry(): void {
    if (this.#unrecorded.length > 0) void this.#run(() => this.#recordLater([]));
    for (const [key, { write }] of this.#unstored) {
      void this.#run(async () => {
        const unstored = this.#unstored.get(key);
        if (unstored?.write === write) await this.#attempt(key, unstored);
        return DONE;
      });
    }
  }

  /** Resolves when every write that has begun is finished. */
  idle(): Promise<void> {
    return this.#queue.idle();
  }

  #run(write: () => Promise<TapsOutcome>): Promise<TapsOutcome> {
    return this.#queue.run("taps", write);
  }

  /** Writes a suspension that is in effect. */
  #store(
    key: string,
    audit: readonly AuditEntry[],
    write: () => Promise<void>,
  ): Promise<TapsOutcome> {
    return this.#run(async () => {
      await this.#attempt(key, { audit, write });
      return DONE;
    });
  }

  async #attempt(key: string, { audit, write }: Pick<Unstored, "audit" | "write">): Promise<void> {
    const { logger } = this.#deps;
    const written = await attemptStore(write);
    if (written.ok) {
      if (this.#unstored.delete(key))
        logger.info({ suspension: key }, "a suspension is on disk now");
      return;
    }
    const why = written.refusal.detail;
    this.#unstored.set(key, { why, audit, write });
    logger.error(
      { suspension: key, why },
      "a suspension is in effect but not on disk: it is written as soon as the disk works",
    );
  }

  /** Removes a suspension from the disk, if it is there, and then from effect. */
  async #remove(key: string, { audit, remove }: Removal, effect: () => void): Promise<TapsOutcome> {
    const unstored = this.#unstored.get(key);
    if (unstored) {
      this.#unstored.delete(key);
      // The disk fails, and it may not be there at all: its records follow when the disk works.
      void attemptStore(() => remove([]));
      await this.#recordLater([...unstored.audit, ...audit]);
    } else {
      const removed = await attemptStore(() => remove(audit));
      if (!removed.ok) return removed.refusal;
    }
    effect();
    return DONE;
  }

  /** Appends records to the audit, after those that wait; they wait, too, if the disk does not take them. */
  async #recordLater(entries: readonly AuditEntry[]): Promise<TapsOutcome> {
    const all = [...this.#unrecorded, ...entries];
    this.#unrecorded = all;
    const written = await attemptStore(() => this.#deps.record(all));
    this.#unrecorded = written.ok ? [] : all.slice(-MOST_UNRECORDED);
    return DONE;
  }
}

/** A suspension that is in effect and not on disk. */
interface Unstored {
  readonly why: string;
  /** The records that its write has. */
  readonly audit: readonly AuditEntry[];
  readonly write: () => Promise<void>;
}

/** How a suspension is removed from the disk, and the records that this has. */
interface Removal {
  readonly audit: readonly AuditEntry[];
  readonly remove: (audit: readonly AuditEntry[]) => Promise<void>;
}

/** An operator of a project must not end what one of the whole network has decided. */
const NOT_BY_PROJECT: TapsOutcome = {
  type: "conflict",
  problems: [
    {
      pointer: "",
      detail: "an administrator of the network has suspended the taps of the project",
      remedy: "ask an administrator to resume them",
    },
  ],
};

/** The record of a suspension of all taps, or of those of a project, or of its end. */
function tapsChange(
  cause: Cause,
  sides: { readonly before?: Record<string, unknown>; readonly after?: Record<string, unknown> },
  project?: string,
): AuditEntry {
  const id = project === undefined ? {} : { id: `project/${project}` };
  return objectChange(cause, { object: { kind: "taps", ...id }, ...sides, status: 200 });
}

/** What a suspension is of; neither: all taps. */
interface SuspensionKey {
  readonly id?: PolicyId;
  readonly project?: string;
}

/** Key of a suspension. */
function keyOf({ id, project }: SuspensionKey): string {
  if (id !== undefined) return `policy ${id}`;
  return project === undefined ? "all" : `project ${project}`;
}
