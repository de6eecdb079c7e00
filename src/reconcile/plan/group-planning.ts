import type { Action, Bucket } from "../../openflow/index.ts";
import { allGroupContent, GROUP_TYPE_ALL } from "../model/content-key.ts";
import { chooseId, type IdRange, isOwnId } from "../model/id-range.ts";
import type { InstalledGroup } from "../model/installed.ts";
import type { RefusedPart } from "../model/refused-part.ts";
import type { TableChange } from "../model/table-change.ts";
import type { SwitchTracker } from "../state/switch-tracker.ts";

/** What becomes of a switch's groups in one plan. The tracker does not change. */
export class GroupPlanning {
  readonly #tracker: SwitchTracker;
  readonly #range: IdRange;
  /** Groups to add, children before those that use them. */
  readonly #added = new Map<number, InstalledGroup>();
  readonly #newIds = new Map<string, number>();
  /** Users of the groups whose number changes, as they will be. */
  readonly #users = new Map<number, number>();

  constructor(tracker: SwitchTracker, range: IdRange) {
    this.#tracker = tracker;
    this.#range = range;
  }

  /** The id of the group with these buckets, whose keys are given: one that is there, or a new one. */
  idOf(buckets: readonly Bucket[], keys: readonly string[]): number | RefusedPart {
    const tracker = this.#tracker;
    const content = allGroupContent(keys);
    const known = tracker.groupIds.get(content) ?? this.#newIds.get(content);
    if (known !== undefined) return known;
    const refused = tracker.refusedGroups.get(content);
    if (refused !== undefined) return { refused, group: content };
    const isTaken = (id: number) =>
      tracker.groups.has(id) || this.#added.has(id) || tracker.foreignGroups.has(id);
    const id = chooseId(content, this.#range, isTaken);
    if (id === undefined) return { refused: "no group id is left", group: content };
    const groups = groupsInBuckets(buckets, this.#range);
    this.#added.set(id, { id, type: GROUP_TYPE_ALL, buckets, key: content, groups });
    this.#newIds.set(content, id);
    this.use(groups, 1);
    return id;
  }

  use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) this.#users.set(id, this.#usersOf(id) + by);
  }

  /** Additions, without those made for an entry that came to nothing. */
  adds(): TableChange[] {
    for (const group of [...this.#added.values()].toReversed()) {
      if (this.#usersOf(group.id) > 0) continue;
      this.use(group.groups, -1);
      this.#added.delete(group.id);
    }
    return [...this.#added.values()].map((group) => ({ type: "groupAdd", group }));
  }

  /** Deletions of groups that nothing uses any more, users before those they use. */
  deletes(): TableChange[] {
    const { groups, stuckGroups, unusedGroups } = this.#tracker;
    const waiting = [...unusedGroups, ...this.#users.keys()];
    const mods: TableChange[] = [];
    const gone = new Set<number>();
    for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
      const group = groups.get(id);
      if (!group || gone.has(id) || stuckGroups.has(id) || this.#usersOf(id) > 0) continue;
      gone.add(id);
      mods.push({ type: "groupDelete", group });
      this.use(group.groups, -1);
      waiting.push(...group.groups);
    }
    return mods;
  }

  #usersOf(id: number): number {
    return this.#users.get(id) ?? this.#tracker.users.get(id) ?? 0;
  }
}

/** The groups of ours that actions use, each once. */
export function groupsIn(actions: readonly Action[], range: IdRange): readonly number[] {
  let ids: number[] | undefined;
  for (const action of actions) {
    if (action.type !== "group" || !isOwnId(action.groupId, range)) continue;
    if (!ids) ids = [action.groupId];
    else if (!ids.includes(action.groupId)) ids.push(action.groupId);
  }
  return ids ?? NONE;
}

/** The groups of ours that buckets use, each once. */
export function groupsInBuckets(buckets: readonly Bucket[], range: IdRange): readonly number[] {
  let ids: readonly number[] = NONE;
  for (const { actions } of buckets) {
    const more = groupsIn(actions, range);
    if (more.length > 0) ids = ids.length > 0 ? [...new Set([...ids, ...more])] : more;
  }
  return ids;
}

const NONE: readonly number[] = [];
