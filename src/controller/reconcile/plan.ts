import type { Action, Bucket } from "../../openflow/index.ts";
import { GroupId, Port } from "../../openflow/index.ts";
import {
  type ActionSpec,
  cookieFor,
  type EntryRef,
  type FlowKey,
  type FlowSpec,
  type GroupSpec,
} from "../../pipeline/index.ts";
import { actionSetKey, actionsKey, allGroupContent, GROUP_TYPE_ALL } from "./content-key.ts";
import { effectiveFlow, isWayReady, makesCopies, type NeedGate } from "./effective.ts";
import { chooseGroupId, type GroupIdRange, isOwnGroupId } from "./group-ids.ts";
import type { InstalledFlow, InstalledGroup } from "./installed.ts";
import type { Mod } from "./mod.ts";
import type { Refusal, SwitchTracker } from "./tracker.ts";

/** What a plan depends on besides the switch itself. */
export interface PlanContext {
  readonly gate: NeedGate;
  readonly groupIds: GroupIdRange;
  /** Whether what is not wanted may go. */
  readonly sweepAllowed: boolean;
  /** Whether an entry must stay because an installed bucket of another switch relies on it. */
  isHeld(flow: InstalledFlow): boolean;
  /** Most flow entries, and groups that nothing uses, to take on in one round. */
  readonly limit: number;
}

/** The next round of changes of a switch. */
export interface SwitchPlan {
  /** In the order in which they must take effect. */
  readonly mods: readonly Mod[];
  /** The keys it deals with: those of the mods, and those with nothing to do. */
  readonly keys: readonly FlowKey[];
  /** The keys of flow entries that the mods change. */
  readonly touches: ReadonlySet<FlowKey>;
  /** Entries that are on the switch as they should be, with their new records. */
  readonly settled: readonly InstalledFlow[];
  /** Entries that cannot be because their group was refused. */
  readonly refusals: ReadonlyMap<FlowKey, Refusal>;
  /** Something is left for another round. */
  readonly more: boolean;
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
  readonly #refusals = new Map<FlowKey, Refusal>();
  readonly #flowMods = { add: [] as Mod[], modify: [] as Mod[], delete: [] as Mod[] };
  readonly #touches = new Set<FlowKey>();
  /** Groups to add, children before those that use them. */
  readonly #newGroups = new Map<number, InstalledGroup>();
  readonly #newIds = new Map<string, number>();
  /** Users of the groups whose number changes, as they will be. */
  readonly #users = new Map<number, number>();
  /** Copies of the flow entry that is being resolved. */
  #copies: string[] = [];

  constructor(tracker: SwitchTracker, context: PlanContext) {
    this.#tracker = tracker;
    this.#context = context;
  }

  plan(): SwitchPlan {
    const { dirty } = this.#tracker;
    const { limit } = this.#context;
    for (const key of dirty) {
      if (this.#keys.length >= limit) break;
      this.#keys.push(key);
      this.#planFlow(key);
    }
    const adds = this.#usedNewGroups();
    const unused = this.#unusedGroups();
    const deletes = unused.slice(0, Math.max(0, limit - this.#keys.length));
    const { add, modify, delete: remove } = this.#flowMods;
    return {
      mods: [...adds, ...add, ...modify, ...remove, ...deletes],
      keys: this.#keys,
      touches: this.#touches,
      settled: this.#settled,
      refusals: this.#refusals,
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
      if (actual && this.#context.sweepAllowed) this.#remove(actual);
      return;
    }
    const effective = effectiveFlow(spec, actual, this.#context.gate);
    if (!effective) {
      if (actual) this.#remove(actual);
      return;
    }
    this.#copies = [];
    const actions = this.#resolveActions(effective.actions);
    if ("refused" in actions) {
      const { refused: reason, content: group } = actions;
      this.#refusals.set(key, { spec, reason, group, deletion: false });
      if (actual) this.#giveUp(spec, actual);
      return;
    }
    const ready = isWayReady(spec, this.#context.gate);
    const flow: InstalledFlow = {
      key,
      table: spec.table,
      priority: spec.priority,
      match: spec.match,
      cookie: cookieFor(spec.category, key),
      actions,
      actionsKey: actionsKey(actions),
      groups: groupsIn(actions, this.#context.groupIds),
      needs: spec.needs ? wayNeeds(spec.needs, ready, actual) : effective.needs,
      copies: this.#copies,
      opaque: false,
      fulfils: effective.complete && ready ? spec : undefined,
    };
    // The old way until all of the new one is there: then its needs make the key dirty again.
    if (ready || !actual || isSame(actual, flow)) this.#bring(actual, flow);
  }

  /** Makes the switch hold an entry, whatever it holds in its place. */
  #bring(actual: InstalledFlow | undefined, flow: InstalledFlow): void {
    if (actual && isSame(actual, flow)) {
      this.#settled.push(flow);
      return;
    }
    this.#touches.add(flow.key);
    this.#use(flow.groups, 1);
    if (actual) this.#use(actual.groups, -1);
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

  #remove(actual: InstalledFlow): void {
    if (this.#context.isHeld(actual)) return;
    this.#touches.add(actual.key);
    this.#use(actual.groups, -1);
    this.#flowMods.delete.push({ type: "flowDelete", flow: actual });
  }

  /** The actions as they go on the wire, groups by their ids; or the group that cannot be. */
  #resolveActions(actions: readonly ActionSpec[], depth = 0): readonly Action[] | RefusedGroup {
    if (usesNoGroup(actions)) return actions;
    const resolved: Action[] = [];
    for (const action of actions) {
      if (action.type !== "useGroup") {
        resolved.push(action);
        continue;
      }
      const group = this.#resolveGroup(action.group, depth);
      if (typeof group !== "number") return group;
      resolved.push({ type: "group", groupId: group });
    }
    return resolved;
  }

  #resolveGroup(spec: GroupSpec, depth: number): number | RefusedGroup {
    const buckets: Bucket[] = [];
    const keys: string[] = [];
    for (const { role, actions } of spec.buckets) {
      const resolved = this.#resolveActions(actions, depth + 1);
      if ("refused" in resolved) return resolved;
      const key = actionSetKey(resolved);
      buckets.push({ weight: 0, watchPort: Port.Any, watchGroup: GroupId.Any, actions: resolved });
      keys.push(key);
      if (role === "copy" && depth === 0) this.#copies.push(key);
    }
    return this.#groupFor(allGroupContent(keys), buckets);
  }

  /** The id of the group with these buckets: one that is there, or a new one. */
  #groupFor(content: string, buckets: readonly Bucket[]): number | RefusedGroup {
    const { groupIds: range } = this.#context;
    const tracker = this.#tracker;
    const known = tracker.groupIds.get(content) ?? this.#newIds.get(content);
    if (known !== undefined) return known;
    const refused = tracker.refusedGroups.get(content);
    if (refused !== undefined) return { refused, content };
    const id = chooseGroupId(
      content,
      range,
      (id) => tracker.groups.has(id) || this.#newGroups.has(id) || tracker.foreignGroups.has(id),
    );
    if (id === undefined) return { refused: "no group id is left", content };
    const groups = groupsInBuckets(buckets, range);
    this.#newGroups.set(id, { id, type: GROUP_TYPE_ALL, buckets, key: content, groups });
    this.#newIds.set(content, id);
    this.#use(groups, 1);
    return id;
  }

  /** Additions of new groups, without those made for an entry that came to nothing. */
  #usedNewGroups(): Mod[] {
    const groups = [...this.#newGroups.values()];
    for (const group of groups.toReversed()) {
      if (this.#usersOf(group.id) > 0) continue;
      this.#use(group.groups, -1);
      this.#newGroups.delete(group.id);
    }
    return [...this.#newGroups.values()].map((group) => ({ type: "groupAdd", group }));
  }

  /** Deletions of groups that nothing uses any more, users before those they use. */
  #unusedGroups(): Mod[] {
    if (!this.#context.sweepAllowed) return [];
    const { groups, stuckGroups, unusedGroups } = this.#tracker;
    const waiting = [...unusedGroups, ...this.#users.keys()];
    const mods: Mod[] = [];
    const gone = new Set<number>();
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const group = groups.get(id);
      if (!group || gone.has(id) || stuckGroups.has(id) || this.#usersOf(id) > 0) continue;
      gone.add(id);
      mods.push({ type: "groupDelete", group });
      this.#use(group.groups, -1);
      waiting.push(...group.groups);
    }
    return mods;
  }

  #usersOf(id: number): number {
    return this.#users.get(id) ?? this.#tracker.users.get(id) ?? 0;
  }

  #use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) this.#users.set(id, this.#usersOf(id) + by);
  }
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

function usesNoGroup(actions: readonly ActionSpec[]): actions is readonly Action[] {
  for (const { type } of actions) if (type === "useGroup") return false;
  return true;
}

interface RefusedGroup {
  readonly refused: string;
  readonly content: string;
}

/** The groups of ours that actions use, each once. */
export function groupsIn(actions: readonly Action[], range: GroupIdRange): readonly number[] {
  let ids: number[] | undefined;
  for (const action of actions) {
    if (action.type !== "group" || !isOwnGroupId(action.groupId, range)) continue;
    if (!ids) ids = [action.groupId];
    else if (!ids.includes(action.groupId)) ids.push(action.groupId);
  }
  return ids ?? NONE;
}

/** The groups of ours that buckets use, each once. */
export function groupsInBuckets(
  buckets: readonly Bucket[],
  range: GroupIdRange,
): readonly number[] {
  let ids: readonly number[] = NONE;
  for (const { actions } of buckets) {
    const more = groupsIn(actions, range);
    if (more.length > 0) ids = ids.length > 0 ? [...new Set([...ids, ...more])] : more;
  }
  return ids;
}

const NONE: readonly number[] = [];
