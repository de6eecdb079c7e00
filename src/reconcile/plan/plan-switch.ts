import {
  categoryOf,
  cookieFor,
  type EntryRef,
  type FlowActionSpec,
  type FlowKey,
  type FlowSpec,
  flowKey,
  type GroupSpec,
  type PuntSpec,
} from "../../flow-model/index.ts";
import type { Action, Bucket } from "../../openflow/index.ts";
import { GroupId, Port } from "../../openflow/index.ts";
import { actionSetKey, actionsKey } from "../model/content-key.ts";
import type { IdRange } from "../model/id-range.ts";
import type { InstalledFlow } from "../model/installed.ts";
import { metersIn } from "../model/meter-content.ts";
import { isRefused, type RefusedPart } from "../model/refused-part.ts";
import type { SwitchError } from "../model/switch-error.ts";
import type { SwitchPlan } from "../model/switch-plan.ts";
import type { TableChange } from "../model/table-change.ts";
import { originalKey, withOriginal } from "../state/production-frames.ts";
import type { SwitchTracker } from "../state/switch-tracker.ts";
import {
  type DependencyGate,
  type ForwardingGate,
  gatedFlow,
  isPathReady,
  makesCopies,
} from "./gated-spec.ts";
import { GroupPlanning, groupsIn } from "./group-planning.ts";
import { MeterPlanning } from "./meter-planning.ts";

/** What a plan depends on besides the switch itself. */
export interface PlanContext {
  readonly gate: DependencyGate;
  readonly forwarding: ForwardingGate;
  readonly groupIds: IdRange;
  readonly meterIds: IdRange;
  /** Whether what is not wanted may go. */
  readonly sweepAllowed: boolean;
  /** Whether an entry must stay because an installed bucket of another switch relies on it. */
  isHeld(flow: InstalledFlow): boolean;
  /** Most flow entries, and groups and meters that nothing uses, to take on in one round. */
  readonly limit: number;
}

/**
 * What to send so that the dirty entries of a switch become as they are wanted. Pure: neither the
 * tracker nor anything else changes.
 */
export function planSwitch(tracker: SwitchTracker, context: PlanContext): SwitchPlan {
  return new Planning(tracker, context).plan();
}

class Planning {
  readonly #tracker: SwitchTracker;
  readonly #context: PlanContext;
  readonly #keys: FlowKey[] = [];
  readonly #settled: InstalledFlow[] = [];
  readonly #refusals = new Map<FlowKey, SwitchError>();
  readonly #waiting: FlowKey[] = [];
  readonly #flowMods = {
    add: [] as TableChange[],
    modify: [] as TableChange[],
    delete: [] as TableChange[],
  };
  readonly #touches = new Set<FlowKey>();
  readonly #groups: GroupPlanning;
  readonly #meters: MeterPlanning;
  /** Copies of the flow entry that is being resolved. */
  #copies: string[] = [];

  constructor(tracker: SwitchTracker, context: PlanContext) {
    this.#tracker = tracker;
    this.#context = context;
    this.#groups = new GroupPlanning(tracker, context.groupIds);
    this.#meters = new MeterPlanning(tracker.meters, context.meterIds);
  }

  plan(): SwitchPlan {
    const { dirty } = this.#tracker;
    const { limit } = this.#context;
    for (const key of dirty) {
      if (this.#keys.length >= limit) break;
      this.#keys.push(key);
      this.#planFlow(key);
    }
    const adds = [...this.#meters.adds(), ...this.#groups.adds()];
    const unused = this.#unused();
    const deletes = unused.slice(0, Math.max(0, limit - this.#keys.length));
    const { add, modify, delete: remove } = this.#flowMods;
    return {
      mods: [...adds, ...add, ...modify, ...remove, ...deletes],
      keys: this.#keys,
      touches: this.#touches,
      settled: this.#settled,
      refusals: this.#refusals,
      waiting: this.#waiting,
      more: this.#keys.length < dirty.size || deletes.length < unused.length,
    };
  }

  #planFlow(key: FlowKey): void {
    const spec = this.#tracker.desired.get(key);
    const actual = this.#tracker.flows.get(key);
    if (this.#tracker.isRefused(key)) {
      const stuck = this.#tracker.refused.get(key)?.deletion;
      if (spec && actual && !stuck) this.#giveUp(spec, actual);
      return;
    }
    if (!spec) {
      if (actual && this.#context.sweepAllowed) this.#sweep(actual);
      return;
    }
    const foreign = actual ? undefined : this.#tracker.foreignFlows.get(key);
    if (foreign && !foreign.isDefault) {
      this.#refusals.set(key, { spec, reason: foreign.reason, deletion: false });
      return;
    }
    const { gate, forwarding } = this.#context;
    const mayForward = forwarding.mayForward(key, spec);
    const present = mayForward || actual ? spec : this.#asForwardedNow(spec);
    const effective = gatedFlow(present, actual, gate, forwarding);
    if (effective?.awaitsFloods) this.#waiting.push(key);
    if (!effective) {
      if (actual) this.#remove(actual);
      return;
    }
    this.#copies = [];
    const meter = this.#meterOf(spec);
    const actions = this.#resolveActions(effective.actions);
    if (isRefused(actions)) {
      this.#refuse(spec, actual, actions);
      return;
    }
    if (typeof meter === "object") {
      this.#refuse(spec, actual, meter);
      return;
    }
    const ready = isPathReady(spec, gate);
    const flow: InstalledFlow = {
      key,
      table: spec.table,
      priority: spec.priority,
      match: spec.match,
      cookie: cookieFor(spec.category, key),
      meter,
      actions,
      actionsKey: actionsKey(actions, meter),
      groups: groupsIn(actions, this.#context.groupIds),
      meters: metersIn(meter, actions, this.#context.meterIds),
      needs: spec.needs ? wayNeeds(spec.needs, ready, actual) : effective.needs,
      copies: this.#copies,
      copySpecs: effective.copies,
      opaque: false,
      original: spec.category === "rewriting" ? originalKey(present) : undefined,
      fulfils: effective.complete && ready && present === spec ? spec : undefined,
    };
    // The old way until all of the new one is there: then its needs make the key dirty again.
    const stays = actual !== undefined && isSame(actual, flow);
    if (stays || !actual || (ready && mayForward)) this.#bring(actual, flow);
  }

  /** A new entry of a tap whose originals may not take the wanted way yet: they move as without it. */
  #asForwardedNow(spec: FlowSpec): FlowSpec {
    const way = this.#context.forwarding.presentWay(spec);
    return way ? withOriginal(spec, way) : spec;
  }

  #refuse(spec: FlowSpec, actual: InstalledFlow | undefined, part: RefusedPart): void {
    const { refused: reason, ...culprit } = part;
    this.#refusals.set(flowKey(spec), { spec, reason, ...culprit, deletion: false });
    if (actual) this.#giveUp(spec, actual);
  }

  /** Makes the switch hold an entry, whatever it holds in its place. */
  #bring(actual: InstalledFlow | undefined, flow: InstalledFlow): void {
    if (actual && isSame(actual, flow)) {
      this.#settled.push(flow);
      return;
    }
    this.#touches.add(flow.key);
    this.#use(flow, 1);
    if (actual) this.#use(actual, -1);
    if (actual?.cookie === flow.cookie) this.#flowMods.modify.push({ type: "flowModify", flow });
    else this.#flowMods.add.push({ type: "flowAdd", flow });
  }

  /**
   * What was there before a refused change: copies nobody asks for any more must end, and base
   * forwarding takes over; anything else is better than nothing.
   */
  #giveUp(spec: FlowSpec, actual: InstalledFlow): void {
    if (makesCopies(spec) || actual.copies.length > 0) this.#remove(actual);
  }

  /** Removes what nobody wants, unless it keeps floods out that would go round a loop. */
  #sweep(actual: InstalledFlow): void {
    const port = closedPort(actual);
    if (port === undefined || this.#context.forwarding.mayFlood(port)) this.#remove(actual);
    else this.#waiting.push(actual.key);
  }

  #remove(actual: InstalledFlow): void {
    if (this.#context.isHeld(actual)) return;
    this.#touches.add(actual.key);
    this.#use(actual, -1);
    this.#flowMods.delete.push({ type: "flowDelete", flow: actual });
  }

  #use(flow: InstalledFlow, by: 1 | -1): void {
    this.#groups.use(flow.groups, by);
    this.#meters.use(flow.meters, by);
  }

  /**
   * Deletions of what nothing uses any more. Meters are not part of a bundle, so one that failed
   * leaves some for its next try: they go when nothing else is to be done.
   */
  #unused(): TableChange[] {
    if (!this.#context.sweepAllowed) return [];
    const isLast = this.#keys.length === this.#tracker.dirty.size;
    return [...this.#groups.deletes(), ...(isLast ? this.#meters.deletes() : [])];
  }

  #meterOf({ meter, actions }: FlowSpec): number | RefusedPart | undefined {
    // A drop needs no rate.
    return meter && actions.length > 0 ? this.#meters.idOf(meter) : undefined;
  }

  /** The actions as they go on the wire, groups and meters by their ids; or what cannot be. */
  #resolveActions(actions: readonly FlowActionSpec[], depth = 0): readonly Action[] | RefusedPart {
    if (isPlain(actions)) return actions;
    const resolved: Action[] = [];
    for (const action of actions) {
      const made = this.#resolve(action, depth);
      if (isRefused(made)) return made;
      resolved.push(made);
    }
    return resolved;
  }

  #resolve(action: FlowActionSpec, depth: number): Action | RefusedPart {
    switch (action.type) {
      case "useGroup": {
        const groupId = this.#resolveGroup(action.group, depth);
        return typeof groupId === "number" ? { type: "group", groupId } : groupId;
      }
      case "punt": {
        const meterId = action.meter && this.#meters.idOf(action.meter);
        return typeof meterId === "object" ? meterId : puntAction(action, meterId);
      }
      default:
        return action;
    }
  }

  #resolveGroup(spec: GroupSpec, depth: number): number | RefusedPart {
    const buckets: Bucket[] = [];
    const keys: string[] = [];
    for (const { role, actions } of spec.buckets) {
      const resolved = this.#resolveActions(actions, depth + 1);
      if (isRefused(resolved)) return resolved;
      const key = actionSetKey(resolved);
      buckets.push({ weight: 0, watchPort: Port.Any, watchGroup: GroupId.Any, actions: resolved });
      keys.push(key);
      if (role === "copy" && depth === 0) this.#copies.push(key);
    }
    return this.#groups.idOf(buckets, keys);
  }
}

/** The port whose every frame an entry of base forwarding drops: no flood comes in there. */
export function closedPort({ cookie, actions, match }: InstalledFlow): number | undefined {
  const [field, ...others] = match;
  if (categoryOf(cookie) !== "forwarding" || actions.length > 0 || others.length > 0)
    return undefined;
  return field?.field === "inPort" && "value" in field ? Number(field.value) : undefined;
}

function isSame(a: InstalledFlow, b: InstalledFlow): boolean {
  return a.cookie === b.cookie && a.actionsKey === b.actionsKey;
}

/**
 * What an entry that has needs of its own is recorded to rely on: nothing new before all of it is
 * confirmed. So no two records ever rely on each other, whatever the ways were before: who is
 * confirmed relies on what is wanted now.
 */
function wayNeeds(
  needs: readonly EntryRef[],
  ready: boolean,
  actual: InstalledFlow | undefined,
): readonly EntryRef[] {
  return ready ? needs : (actual?.needs ?? NO_NEEDS);
}

const NO_NEEDS: readonly EntryRef[] = [];

function isPlain(actions: readonly FlowActionSpec[]): actions is readonly Action[] {
  for (const { type } of actions) if (type === "useGroup" || type === "punt") return false;
  return true;
}

function puntAction({ maxLen, userdata }: PuntSpec, meterId: number | undefined): Action {
  return {
    type: "nxController2",
    properties: [
      { type: "maxLen", maxLen },
      ...(userdata ? [{ type: "userdata" as const, data: userdata }] : []),
      ...(meterId === undefined ? [] : [{ type: "meterId" as const, meterId }]),
    ],
  };
}
