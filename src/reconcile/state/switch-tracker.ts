// SPDX-License-Identifier: Apache-2.0
import type { FlowKey, FlowSpec } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { ConfirmedChange } from "../model/confirmed-change.ts";
import type { ForeignFlow } from "../model/foreign-flow.ts";
import type { IdRange } from "../model/id-range.ts";
import type { InstalledFlow } from "../model/installed.ts";
import type { RecordChange } from "../model/record-change.ts";
import type { SwitchError } from "../model/switch-error.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import type { TableChange } from "../model/table-change.ts";
import type { Tables } from "../model/tables.ts";
import { EntryStatus } from "./entry-status.ts";
import { FlowDelta } from "./flow-delta.ts";
import { ForwardingState, type ForwardingView } from "./forwarding-state.ts";
import { GroupTracker, type GroupView } from "./group-tracker.ts";
import { InFlight, type InFlightView } from "./in-flight.ts";
import { MeterTracker, type MeterView } from "./meter-tracker.ts";
import { SwitchErrorLog, type SwitchErrorView } from "./switch-error-log.ts";

/** How current the tables in memory are. */
type Knowledge = "unread" | "current" | "stale";

/**
 * Desired against installed entries of one switch. Memory only; plans read it as a
 * `SwitchTrackerView`, and every change is a verb of this class. Changes in steps are half done between
 * them: nothing else may change or plan meanwhile (see `Reconciler`).
 *
 * Transitions of what is known of the tables:
 * - unread -> (loading) current -> (invalidate, losingRound) stale -> (loading) current.
 *
 * Transitions of a round:
 * - none -> (accepting) planned, with all of the plan that needs no message done;
 * - planned -> (beginRound) in flight, or none when the plan has no changes;
 * - in flight -> (stepAnswered, then confirm or refuse) in flight, per step;
 * - in flight -> (endRound) none: everything is confirmed;
 * - in flight -> (abandoning) none: the rest is not in effect and is planned again;
 * - in flight -> (losingRound) none: the rest may be in effect; the tables are stale.
 *
 * Invariant: the installed entries change in `confirm` and `loading` alone (see `FlowDelta`).
 */
export class SwitchTracker {
  readonly #flows = new FlowDelta();
  readonly #groups = new GroupTracker();
  readonly #meters = new MeterTracker();
  readonly #errors = new SwitchErrorLog();
  readonly #inFlight = new InFlight();
  readonly status = new EntryStatus(this);
  readonly #forwarding = new ForwardingState(this);
  #foreignFlows: ReadonlyMap<FlowKey, ForeignFlow> = new Map();
  #knowledge: Knowledge = "unread";
  /** A round may find unused groups or meters to delete. */
  #mayHaveUnused = false;

  get desired(): ReadonlyMap<FlowKey, FlowSpec> {
    return this.#flows.desired;
  }

  /** OpenVTAP's own flow entries as confirmed. */
  get installed(): ReadonlyMap<FlowKey, InstalledFlow> {
    return this.#flows.installed;
  }

  /** Other applications' flow entries as last read. */
  get foreignFlows(): ReadonlyMap<FlowKey, ForeignFlow> {
    return this.#foreignFlows;
  }

  /** Keys whose desired and installed entries may differ. */
  get dirty(): ReadonlySet<FlowKey> {
    return this.#flows.dirty;
  }

  get groups(): GroupView {
    return this.#groups;
  }

  get meters(): MeterView {
    return this.#meters;
  }

  get errors(): SwitchErrorView {
    return this.#errors;
  }

  get inFlight(): InFlightView {
    return this.#inFlight;
  }

  get forwarding(): ForwardingView {
    return this.#forwarding;
  }

  /** The tables have been read at least once. */
  get isRead(): boolean {
    return this.#knowledge !== "unread";
  }

  /** The tables in memory are those of the switch. */
  get isCurrent(): boolean {
    return this.#knowledge === "current";
  }

  /** Whether a round may find something to send. */
  get hasWork(): boolean {
    return this.#flows.dirty.size > 0 || this.#mayHaveUnused;
  }

  /** Desires an entry in place of the one of the same key. Returns the one it replaces. */
  desire(key: FlowKey, spec: FlowSpec): FlowSpec | undefined {
    const old = this.#flows.desire(key, spec);
    if (old !== spec) this.#desiredChanged(key, spec);
    return old;
  }

  /** Returns the entry that is no longer desired. */
  undesire(key: FlowKey): FlowSpec | undefined {
    const old = this.#flows.undesire(key);
    if (old) this.#desiredChanged(key, old);
    return old;
  }

  markDirty(key: FlowKey): void {
    this.#flows.markDirty(key);
  }

  /** Marks installed entries that are not desired, and unused groups and meters. */
  *markingUndesired(): Steps<void> {
    yield* this.#flows.markingUndesired();
    this.#mayHaveUnused = true;
  }

  /** Marks entries that wait for floods to end on other switches. */
  wake(): void {
    this.#flows.wake();
  }

  /** Takes the tables as read for the truth; every key is compared again. */
  *loading(tables: Tables, meterIds: IdRange): Steps<readonly RecordChange[]> {
    const before = this.installed;
    yield* this.#flows.loading(tables.flows);
    this.#foreignFlows = tables.foreignFlows;
    yield* this.#groups.loading(tables.groups, tables.foreignGroups, this.installed);
    yield* this.#meters.loading(tables.meters, this.installed, this.desired, meterIds);
    this.#errors.clear();
    this.#inFlight.tablesRead();
    this.#mayHaveUnused = true;
    yield* this.#forwarding.loading();
    const changes: RecordChange[] = [];
    const { installed, desired } = this;
    yield* forEach(before, ([key, from]) =>
      changes.push({ key, from, to: installed.get(key), wake: true }),
    );
    yield* forEach(installed, ([key, to]) => {
      if (!before.has(key)) changes.push({ key, from: undefined, to, wake: true });
    });
    yield* forEach(desired.keys(), (key) => {
      if (before.has(key) || installed.has(key)) return;
      changes.push({ key, from: undefined, to: undefined, wake: true });
    });
    this.#knowledge = "current";
    return changes;
  }

  /** The tables in memory may no longer be those of the switch. */
  invalidate(): void {
    if (this.#knowledge === "current") this.#knowledge = "stale";
  }

  /** Takes over a plan with all of it that needs no message. */
  *accepting(plan: SwitchPlan): Steps<readonly RecordChange[]> {
    yield* this.#flows.planned(plan.keys, plan.waiting);
    this.#mayHaveUnused = plan.more;
    for (const [key, error] of plan.refusals) this.#refuseFlow(key, error);
    const records: RecordChange[] = [];
    yield* forEach(plan.settled, (to) => {
      const from = this.installed.get(to.key);
      if (from?.fulfils !== undefined && from.fulfils === to.fulfils) return;
      this.#flows.settle(to);
      this.#forwarding.reviewFlow(to);
      records.push({ key: to.key, from, to });
    });
    return records;
  }

  /** Whether an entry that is not desired is recorded as relying on others. */
  reliesUndesired(key: FlowKey): boolean {
    return !this.desired.has(key) && (this.installed.get(key)?.dependencies.length ?? 0) > 0;
  }

  /** Entries that are not desired, and that no copies reach, rely on nothing any longer. */
  *relieving(mayBeReached: (flow: InstalledFlow) => boolean): Steps<readonly RecordChange[]> {
    const records: RecordChange[] = [];
    yield* forEach([...this.installed.values()], (from) => {
      if (!this.reliesUndesired(from.key) || mayBeReached(from)) return;
      const to = { ...from, dependencies: [], fulfils: undefined };
      this.#flows.settle(to);
      records.push({ key: from.key, from, to });
    });
    return records;
  }

  /** The changes of a plan are sent. */
  beginRound(plan: SwitchPlan): void {
    this.#inFlight.begin(plan);
  }

  /** A step is answered: only the `later` changes are still in flight. */
  stepAnswered(later: readonly TableChange[]): void {
    this.#inFlight.narrow(later);
  }

  /**
   * The switch has confirmed changes: all or, of very many, some of a round. The others count as in
   * flight for that long.
   */
  confirm(changes: readonly ConfirmedChange[]): readonly RecordChange[] {
    this.#forwarding.tablesChanged();
    return changes.flatMap((change) => this.#confirmOne(change) ?? []);
  }

  /**
   * The switch has refused a change: the next plan leaves it out. Returns the flow entry concerned, if
   * it is the one of a flow entry that has not changed since it was sent.
   */
  refuse(change: TableChange, reason: string): readonly FlowKey[] {
    switch (change.type) {
      case "groupAdd":
        // The next plan refuses the flow entries that use it.
        this.#errors.addGroup(change.group.key, reason);
        return [];
      case "meterAdd":
        this.#errors.addMeter(change.identity, reason);
        return [];
      case "meterDelete":
        this.#meters.markStuck(change.meter.id);
        return [];
      case "groupDelete":
        this.#groups.markStuck(change.group.id);
        return [];
      default: {
        const { key } = change.flow;
        // It has changed since it was sent, and is planned again anyway.
        if (this.dirty.has(key)) return [];
        const deletion = change.type === "flowDelete";
        this.#refuseFlow(key, { spec: this.desired.get(key), reason, deletion });
        return [key];
      }
    }
  }

  /** Every change of the round has been confirmed. */
  endRound(): void {
    this.#inFlight.end();
  }

  /** What is left of a plan is not in effect: its entries are planned again. */
  *abandoning(plan: SwitchPlan): Steps<readonly RecordChange[]> {
    yield* forEach(plan.keys, (key) => this.#flows.markDirty(key));
    this.#mayHaveUnused = true;
    this.#inFlight.end();
    const changes: RecordChange[] = [];
    yield* forEach(plan.touches, (key) => {
      this.#forwarding.review(key);
      const flow = this.installed.get(key);
      changes.push({ key, from: flow, to: flow, wake: true });
    });
    return changes;
  }

  /** There is no answer: the `unanswered` changes of a plan may be in effect. */
  *losingRound(plan: SwitchPlan, unanswered: readonly TableChange[]): Steps<void> {
    this.#inFlight.lose(unanswered);
    this.invalidate();
    yield* forEach(plan.keys, (key) => this.#flows.markDirty(key));
  }

  #confirmOne(change: ConfirmedChange): RecordChange | undefined {
    switch (change.type) {
      case "meterAdd":
        this.#meters.add(change.meter, change.identity);
        return undefined;
      case "meterDelete":
        this.#meters.delete(change.meter.id);
        return undefined;
      case "groupAdd":
        this.#groups.add(change.group);
        return undefined;
      case "groupDelete":
        this.#groups.delete(change.group);
        return undefined;
      default: {
        const { flow } = change;
        const from = this.#flows.confirm(change);
        const to = change.type === "flowDelete" ? undefined : flow;
        if (from) this.#use(from, -1);
        if (to) this.#use(to, 1);
        if (to) this.#forwarding.reviewFlow(to);
        else this.#forwarding.flowDeleted(flow);
        return { key: flow.key, from, to };
      }
    }
  }

  #use(flow: InstalledFlow, by: 1 | -1): void {
    this.#groups.use(flow.groups, by);
    this.#meters.use(flow.meters, by);
  }

  #refuseFlow(key: FlowKey, error: SwitchError): void {
    this.#errors.addFlow(key, error);
    this.#forwarding.review(key);
  }

  #desiredChanged(key: FlowKey, spec: FlowSpec): void {
    this.#inFlight.desiredChanged(key);
    this.#forwarding.desiredChanged(key, spec);
    this.#errors.delete(key);
  }
}
