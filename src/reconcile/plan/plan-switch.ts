// SPDX-License-Identifier: Apache-2.0
import {
  categoryOf,
  cookieFor,
  type EntryRef,
  type FlowKey,
  type FlowSpec,
  flowKey,
} from "../../flow-model/index.ts";
import type { Steps } from "../../lang/steps.ts";
import { actionsKey } from "../model/content-key.ts";
import { type EntryLife, lifeOf } from "../model/entry-life.ts";
import { groupsIn } from "../model/group-content.ts";
import type { IdRange } from "../model/id-range.ts";
import { hasSameContent, type InstalledFlow } from "../model/installed.ts";
import { metersIn } from "../model/meter-content.ts";
import { isRefused, type RefusedPart, type SwitchError } from "../model/switch-error.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import type { TableChange } from "../model/table-change.ts";
import { originalKey, withOriginal } from "../state/production-frames.ts";
import type { SwitchTrackerView } from "../state/tracker-view.ts";
import { ActionPlanning, type ResolvedActions } from "./action-planning.ts";
import {
  type DependencyGate,
  type ForwardingGate,
  type GatedFlow,
  gatedFlow,
  isPathReady,
  makesCopies,
} from "./gated-spec.ts";
import { GroupPlanning } from "./group-planning.ts";
import { MeterPlanning } from "./meter-planning.ts";

/** What a plan depends on besides the switch itself. */
export interface PlanContext {
  readonly gate: DependencyGate;
  readonly forwarding: ForwardingGate;
  readonly groupIds: IdRange;
  readonly meterIds: IdRange;
  /** Whether entries that are not desired may be deleted. */
  readonly sweepAllowed: boolean;
  /** Whether an entry must stay because an installed bucket of another switch relies on it. */
  isRetained(flow: InstalledFlow): boolean;
  /** By the clock of the reconciler, in milliseconds. */
  readonly now: number;
  /** For how long an entry is needed, in milliseconds; undefined: for ever. */
  neededMs(key: FlowKey): number | undefined;
  /** Most flow entries, and unused groups and meters, to take on in one round. */
  readonly limit: number;
}

/**
 * The changes that make the dirty entries of a switch as desired. Pure: changes nothing. A plan is of one
 * moment: until the last step, neither the switch's entries may change nor what the context answers.
 */
export function planningSwitch(view: SwitchTrackerView, context: PlanContext): Steps<SwitchPlan> {
  return new Planning(view, context).planning();
}

class Planning {
  readonly #switch: SwitchTrackerView;
  readonly #context: PlanContext;
  readonly #keys: FlowKey[] = [];
  readonly #settled: InstalledFlow[] = [];
  readonly #refusals = new Map<FlowKey, SwitchError>();
  readonly #waiting: FlowKey[] = [];
  readonly #flowChanges = {
    add: [] as TableChange[],
    modify: [] as TableChange[],
    delete: [] as TableChange[],
  };
  readonly #touches = new Set<FlowKey>();
  readonly #readded: FlowKey[] = [];
  readonly #groups: GroupPlanning;
  readonly #meters: MeterPlanning;
  readonly #actions: ActionPlanning;

  constructor(view: SwitchTrackerView, context: PlanContext) {
    this.#switch = view;
    this.#context = context;
    this.#groups = new GroupPlanning(view, context.groupIds);
    this.#meters = new MeterPlanning(view, context.meterIds);
    this.#actions = new ActionPlanning(this.#groups, this.#meters);
  }

  *planning(): Steps<SwitchPlan> {
    const { dirty } = this.#switch;
    const { limit } = this.#context;
    for (const key of dirty) {
      if (this.#keys.length >= limit) break;
      this.#keys.push(key);
      this.#planFlow(key);
      yield;
    }
    const adds = [...(yield* this.#meters.adds()), ...(yield* this.#groups.adds())];
    const unused = yield* this.#unused();
    yield;
    const deletes = unused.slice(0, Math.max(0, limit - this.#keys.length));
    const { add, modify, delete: remove } = this.#flowChanges;
    return {
      changes: [...adds, ...add, ...modify, ...remove, ...deletes],
      keys: this.#keys,
      touches: this.#touches,
      readded: this.#readded,
      settled: this.#settled,
      refusals: this.#refusals,
      waiting: this.#waiting,
      more: this.#keys.length < dirty.size || deletes.length < unused.length,
    };
  }

  #planFlow(key: FlowKey): void {
    const spec = this.#switch.desired.get(key);
    const actual = this.#switch.installed.get(key);
    if (this.#switch.status.isRefused(key)) {
      const stuck = this.#switch.errors.flows.get(key)?.deletion;
      if (spec && actual && !stuck) this.#giveUp(spec, actual);
      return;
    }
    if (!spec) {
      if (actual && this.#context.sweepAllowed) this.#sweep(actual);
      return;
    }
    const foreign = actual ? undefined : this.#switch.foreignFlows.get(key);
    if (foreign && !foreign.isDefault) {
      this.#refusals.set(key, { spec, reason: foreign.reason, deletion: false });
    } else this.#planDesired(key, spec, actual);
  }

  #planDesired(key: FlowKey, spec: FlowSpec, actual: InstalledFlow | undefined): void {
    const { gate, forwarding } = this.#context;
    // It is planned again when that entry is confirmed.
    if (!actual && spec.behind && !gate.isGuarding(spec.behind)) return;
    const mayForward = forwarding.mayForward(key, spec);
    const present = mayForward || actual ? spec : this.#asForwardedNow(spec);
    const gated = gatedFlow(present, actual, gate, forwarding);
    if (gated?.awaitsFloods) this.#waiting.push(key);
    if (!gated) {
      if (actual) this.#remove(actual);
      return;
    }
    const resolved = this.#actions.resolve(spec, gated.actions);
    if (isRefused(resolved)) {
      this.#refuse(spec, actual, resolved);
      return;
    }
    const ready = isPathReady(spec, gate);
    const flow = this.#flowOf(key, { spec, present, gated, resolved, ready, actual });
    // The old path until all of the new one is there: then its dependencies mark the key dirty again.
    const stays = actual !== undefined && hasSameContent(actual, flow);
    if (stays || !actual || (ready && mayForward)) this.#bring(actual, flow);
  }

  #flowOf(key: FlowKey, planned: PlannedFlow): InstalledFlow {
    const { groupIds, meterIds } = this.#context;
    const { spec, present, gated, resolved, ready, actual } = planned;
    const { meter, actions, copies } = resolved;
    const cookie = cookieFor(spec.category, key);
    const content = actionsKey(actions, meter);
    const isSame = actual?.cookie === cookie && actual.actionsKey === content;
    return {
      key,
      table: spec.table,
      priority: spec.priority,
      match: spec.match,
      cookie,
      meter,
      actions,
      actionsKey: content,
      groups: groupsIn(actions, groupIds),
      meters: metersIn(meter, actions, meterIds),
      dependencies: spec.needs ? pathDependencies(spec.needs, ready, actual) : gated.dependencies,
      copies,
      copySpecs: gated.copies,
      opaque: false,
      original: spec.category === "rewriting" ? originalKey(present) : undefined,
      life: this.#lifeOf(key, spec, isSame ? actual.life : undefined),
      fulfils: gated.complete && ready && present === spec ? spec : undefined,
    };
  }

  /**
   * Until when the switch keeps an entry by itself: one that makes copies and is not needed for ever, or shows
   * them to the controller. Not one that shields its frames from others: these would get them afterwards.
   */
  #lifeOf(key: FlowKey, spec: FlowSpec, present: EntryLife | undefined): EntryLife | undefined {
    const { now } = this.#context;
    const mayEnd = spec.category === "preview" || (makesCopies(spec) && !spec.shields);
    const needed = mayEnd ? this.#context.neededMs(key) : undefined;
    return lifeOf(present, needed, now);
  }

  /** A tap's new entry whose originals may not take the desired path yet: they move as without it. */
  #asForwardedNow(spec: FlowSpec): FlowSpec {
    const path = this.#context.forwarding.presentPath(spec);
    return path ? withOriginal(spec, path) : spec;
  }

  #refuse(spec: FlowSpec, actual: InstalledFlow | undefined, part: RefusedPart): void {
    const { refused: reason, ...culprit } = part;
    this.#refusals.set(flowKey(spec), { spec, reason, ...culprit, deletion: false });
    if (actual) this.#giveUp(spec, actual);
  }

  /** Makes the switch hold an entry, whatever it holds in its place. */
  #bring(actual: InstalledFlow | undefined, flow: InstalledFlow): void {
    const isSame = actual !== undefined && hasSameContent(actual, flow);
    if (isSame && actual.life === flow.life) {
      this.#settled.push(flow);
      return;
    }
    // Sent again with another life, it goes on doing what it does.
    if (!isSame) this.#touches.add(flow.key);
    this.#use(flow, 1);
    if (actual) this.#use(actual, -1);
    // Open vSwitch counts a timeout from the last modification, other switches from the addition.
    const isForEver = actual?.life === undefined && flow.life === undefined;
    const isOver = actual?.cookie === flow.cookie;
    if (isForEver && isOver) {
      this.#flowChanges.modify.push({ type: "flowModify", flow });
      return;
    }
    if (isOver) this.#readded.push(flow.key);
    this.#flowChanges.add.push({ type: "flowAdd", flow });
  }

  /**
   * Handles the installed entry of a refused change. Copies that are no longer requested must end, and
   * base forwarding takes over; any other entry is better than none.
   */
  #giveUp(spec: FlowSpec, actual: InstalledFlow): void {
    if (makesCopies(spec) || actual.copies.length > 0) this.#remove(actual);
  }

  /** Removes an entry that is not desired, unless it keeps out floods that would loop. */
  #sweep(actual: InstalledFlow): void {
    const port = closedPort(actual);
    if (port === undefined || this.#context.forwarding.mayFlood(port)) this.#remove(actual);
    else this.#waiting.push(actual.key);
  }

  #remove(actual: InstalledFlow): void {
    if (this.#context.isRetained(actual)) return;
    this.#touches.add(actual.key);
    this.#use(actual, -1);
    this.#flowChanges.delete.push({ type: "flowDelete", flow: actual });
  }

  #use(flow: InstalledFlow, by: 1 | -1): void {
    this.#groups.use(flow.groups, by);
    this.#meters.use(flow.meters, by);
  }

  /**
   * Deletions of unused groups and meters. Meters are not part of a bundle, so one that failed leaves
   * some behind for its next try: they are deleted when nothing else is to be done.
   */
  *#unused(): Steps<TableChange[]> {
    if (!this.#context.sweepAllowed) return [];
    const isLast = this.#keys.length === this.#switch.dirty.size;
    const groups = yield* this.#groups.deletes();
    return isLast ? [...groups, ...(yield* this.#meters.deletes())] : groups;
  }
}

/** What a desired entry is to be on the switch now. */
interface PlannedFlow {
  readonly spec: FlowSpec;
  /** The spec, with the present path of production frames where the desired one is not ready. */
  readonly present: FlowSpec;
  readonly gated: GatedFlow;
  readonly resolved: ResolvedActions;
  /** All that the entry as a whole depends on is confirmed. */
  readonly ready: boolean;
  readonly actual: InstalledFlow | undefined;
}

/** The port whose every frame an entry of base forwarding drops: no flood enters there. */
function closedPort({ cookie, actions, match }: InstalledFlow): number | undefined {
  const [field, ...others] = match;
  if (categoryOf(cookie) !== "forwarding" || actions.length > 0 || others.length > 0)
    return undefined;
  return field?.field === "inPort" && "value" in field ? Number(field.value) : undefined;
}

/**
 * The recorded dependencies of an entry that has dependencies of its own: the new ones only once all
 * of them are confirmed. So no two records ever depend on each other, whatever the paths were before:
 * a confirmed entry depends on entries that are desired now.
 */
function pathDependencies(
  dependencies: readonly EntryRef[],
  ready: boolean,
  actual: InstalledFlow | undefined,
): readonly EntryRef[] {
  return ready ? dependencies : (actual?.dependencies ?? NO_DEPENDENCIES);
}

const NO_DEPENDENCIES: readonly EntryRef[] = [];
