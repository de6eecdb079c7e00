// SPDX-License-Identifier: Apache-2.0
import { contentHash, type EntryRef, splitEntryRef } from "../flow-model/index.ts";
import type { PolicyId, PolicyPlan } from "../policy/index.ts";
import type { Attribution } from "./batch.ts";
import type { CopyStream } from "./copy-stream.ts";
import { NO_TOTALS, RunningTotal, type Totals } from "./totals.ts";

/** The persisted counters of a policy. */
export interface PolicyRecord extends Totals {
  readonly id: PolicyId;
  /** Distinguishes the policy from an earlier one of the same id. */
  readonly born: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Hash of the trails whose copies it counted completely. */
  readonly trails: number;
  /** By the monitor as the policy names it. */
  readonly monitors: Readonly<Record<string, Totals>>;
}

/** A policy's totals at one time. */
export interface PolicyFigures {
  readonly total: Totals;
  /** By the monitor as the policy names it. */
  readonly monitors: ReadonlyMap<string, Totals>;
}

/** A trail of a policy, for those of its monitors whose copies take it. */
export interface PolicyTrail {
  readonly source: EntryRef;
  readonly mark: string;
  readonly sink: EntryRef | undefined;
  readonly monitors: readonly string[];
  /** Whether its copies count in the policy's total: one trail per rule of a balanced set does. */
  readonly inTotal: boolean;
}

/** A trail whose copies are counted. */
interface CountedTrail {
  readonly trail: PolicyTrail;
  readonly stream: CopyStream;
  readonly attribution: Attribution;
}

/** The counters of one policy. */
export class PolicyAccount {
  readonly id: PolicyId;
  readonly born: string;
  readonly since: string;
  readonly total: RunningTotal;
  readonly monitors: Map<string, RunningTotal>;
  /** The published figures, which are on disk. */
  published: PolicyFigures;
  /** The counted trails, by id. */
  readonly counted = new Map<string, CountedTrail>();
  /** Monitors with a trail that carries frames which only other policies request. */
  shared: ReadonlySet<string> = new Set();
  /** Hash of the trails that the previous process counted, until the plan has them again. */
  restored: number | undefined;

  constructor(
    record: Omit<PolicyRecord, keyof Totals | "trails" | "monitors"> & Partial<PolicyRecord>,
  ) {
    const { id, born, since, trails, monitors = {} } = record;
    this.id = id;
    this.born = born;
    this.since = since;
    this.total = new RunningTotal({ ...NO_TOTALS, ...record });
    this.monitors = new Map(
      Object.entries(monitors).map(([name, each]) => [name, new RunningTotal(each)]),
    );
    this.restored = trails;
    this.published = this.snapshot();
  }

  /** The total of a monitor. */
  monitor(name: string): RunningTotal {
    const known = this.monitors.get(name);
    if (known) return known;
    const total = new RunningTotal();
    this.monitors.set(name, total);
    return total;
  }

  /** The switches whose readings its figures depend on. */
  get switches(): ReadonlySet<string> {
    const found = new Set<string>();
    for (const {
      trail: { source, sink },
    } of this.counted.values()) {
      found.add(splitEntryRef(source).dpid);
      if (sink !== undefined) found.add(splitEntryRef(sink).dpid);
    }
    return found;
  }

  snapshot(): PolicyFigures {
    const monitors = [...this.monitors].map(([name, total]) => [name, total.snapshot()] as const);
    return { total: this.total.snapshot(), monitors: new Map(monitors) };
  }

  /** The trails whose next reading counts for this policy as a whole. */
  *#covered(): Iterable<string> {
    for (const [id, { stream, attribution }] of this.counted)
      if (stream.covers(attribution)) yield id;
  }

  /** The state to persist, with these figures. */
  record({ total, monitors }: PolicyFigures): PolicyRecord {
    const { id, born, since } = this;
    const trails = this.restored ?? hashOfTrails(this.#covered());
    return { id, born, since, trails, ...total, monitors: Object.fromEntries(monitors) };
  }
}

/**
 * The trails of a plan, each once: a port that a policy names twice gets one copy. A rule counts every
 * frame for every monitor of a balanced set, but makes one copy for the set, which counts once.
 */
export function trailsOf(plan: PolicyPlan): Map<string, PolicyTrail> {
  const found = new Map<string, PolicyTrail & { readonly monitors: string[] }>();
  const counted = new Set<string>();
  for (const { monitor, countedPaths } of plan.copies) {
    for (const { source, mark, sink, set } of countedPaths) {
      const id = `${source} ${mark} ${sink ?? ""}`;
      const known = found.get(id);
      if (known) {
        known.monitors.push(monitor);
        continue;
      }
      const shared = set === undefined ? undefined : `${source} ${set}`;
      const inTotal = shared === undefined || !counted.has(shared);
      if (shared !== undefined) counted.add(shared);
      found.set(id, { source, mark, sink, monitors: [monitor], inTotal });
    }
  }
  return found;
}

/** The monitors of a plan that also get copies of frames which only other policies request. */
export function sharedMonitors(plan: PolicyPlan): ReadonlySet<string> {
  const shared = plan.copies.filter(({ countedPaths }) => countedPaths.some(({ exact }) => !exact));
  return new Set(shared.map(({ monitor }) => monitor));
}

export function hashOfTrails(ids: Iterable<string>): number {
  return contentHash([...ids].sort().join("\n"));
}
