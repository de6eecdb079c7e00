// SPDX-License-Identifier: Apache-2.0
import { contentHash, type EntryRef, splitEntryRef } from "../flow-model/index.ts";
import { defined } from "../lang/defined.ts";
import type { PolicyId, PolicyPlan } from "../policy/index.ts";
import type { Attribution } from "./batch.ts";
import type { CopyStream } from "./copy-stream.ts";
import { NO_TOTALS, RunningTotal, type Totals } from "./totals.ts";

/** No hash of trails. */
const UNREAD = -1;

/** The persisted counters of a policy. */
export interface PolicyRecord extends Totals {
  readonly id: PolicyId;
  /** Distinguishes the policy from an earlier one of the same id. */
  readonly born: string;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** Hash of the trails, if their copies are counted completely from now on; otherwise `UNREAD`. */
  readonly trails: number;
  /** By the monitor as the policy names it. */
  readonly monitors: Readonly<Record<string, Totals>>;
  /** Monitors whose totals lack copies, or may lack some. Absent: none. */
  readonly miscounted?: readonly string[];
  /** When the last copies were counted, in milliseconds since 1970; absent: none were. */
  readonly copiedAt?: number;
}

/** A policy's totals at one time. */
export interface PolicyFigures {
  readonly total: Totals;
  /** By the monitor as the policy names it. */
  readonly monitors: ReadonlyMap<string, Totals>;
  /** Monitors whose totals lack copies, or may lack some. */
  readonly miscounted: ReadonlySet<string>;
  /** When the last copies were counted, in milliseconds since 1970; undefined: none were. */
  readonly copiedAt: number | undefined;
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
  /** Time of the last reading of all switches when no copies were left out, as published. */
  readAt: string | undefined;
  /** When its copies were last attributed otherwise, on the clock. */
  attributedAt = Number.NEGATIVE_INFINITY;
  /** The counted trails, by id. */
  readonly counted = new Map<string, CountedTrail>();
  /** Monitors with a trail that carries frames which only other policies request. */
  shared: ReadonlySet<string> = new Set();
  readonly #miscounted: Set<string>;
  /** Hash of the trails that the previous process counted, until the plan has them again. */
  restored: number | undefined;

  constructor(
    record: Omit<PolicyRecord, keyof Totals | "trails" | "monitors"> & Partial<PolicyRecord>,
  ) {
    const { id, born, since, trails, monitors = {}, miscounted = [], copiedAt } = record;
    this.#miscounted = new Set(miscounted);
    this.id = id;
    this.born = born;
    this.since = since;
    this.total = new RunningTotal({ ...NO_TOTALS, ...record });
    this.monitors = new Map(
      Object.entries(monitors).map(([name, each]) => [name, new RunningTotal(each)]),
    );
    this.restored = trails;
    this.published = this.#figures(copiedAt);
  }

  /** The total of a monitor. */
  monitor(name: string): RunningTotal {
    const known = this.monitors.get(name);
    if (known) return known;
    const total = new RunningTotal();
    this.monitors.set(name, total);
    return total;
  }

  /** Copies for monitors are, or may be, missing from the totals; returns whether that is new. */
  noteMiscounted(monitors: readonly string[]): boolean {
    const { size } = this.#miscounted;
    for (const monitor of monitors) this.#miscounted.add(monitor);
    return this.#miscounted.size > size;
  }

  /** Whether copies are left out until the next reading. */
  get isSettling(): boolean {
    return [...this.counted.values()].some(({ stream }) => stream.isSettling);
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

  /** The figures at a moment, in milliseconds since 1970. */
  snapshot(now: number): PolicyFigures {
    const { total, copiedAt } = this.published;
    return this.#figures(total.copied.packets === this.total.copied.packets ? copiedAt : now);
  }

  #figures(copiedAt: number | undefined): PolicyFigures {
    const monitors = [...this.monitors].map(([name, total]) => [name, total.snapshot()] as const);
    const miscounted = new Set(this.#miscounted);
    return { total: this.total.snapshot(), monitors: new Map(monitors), miscounted, copiedAt };
  }

  /** Whether the next reading of every trail counts for this policy as a whole. */
  get #isCovered(): boolean {
    for (const { stream, attribution } of this.counted.values()) {
      if (!stream.covers(attribution)) return false;
    }
    return true;
  }

  /** The state to persist, with these figures. */
  record({ total, monitors, miscounted: names, copiedAt }: PolicyFigures): PolicyRecord {
    const { id, born, since } = this;
    const trails = this.restored ?? (this.#isCovered ? hashOfTrails(this.counted.keys()) : UNREAD);
    const miscounted = names.size === 0 ? {} : { miscounted: [...names] };
    const totals = { ...total, monitors: Object.fromEntries(monitors) };
    return { id, born, since, trails, ...totals, ...miscounted, ...defined({ copiedAt }) };
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
