// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../lang/steps.ts";
import type { Bucket } from "../../openflow/index.ts";
import { allGroupContent, GROUP_TYPE_ALL } from "../model/content-key.ts";
import { groupsInBuckets } from "../model/group-content.ts";
import { chooseId, type IdRange } from "../model/id-range.ts";
import type { InstalledGroup } from "../model/installed.ts";
import type { RefusedPart } from "../model/switch-error.ts";
import type { TableChange } from "../model/table-change.ts";
import type { SwitchTrackerView } from "../state/tracker-view.ts";

/** How many groups that may be unused are looked at in a step. */
const CANDIDATES_PER_STEP = 64;

/** The changes of a switch's groups in one plan. */
export class GroupPlanning {
  readonly #switch: Pick<SwitchTrackerView, "groups" | "errors">;
  readonly #range: IdRange;
  /** Groups to add, children before those that use them. */
  readonly #added = new Map<number, InstalledGroup>();
  readonly #newIds = new Map<string, number>();
  /** Users of the groups whose number changes, after the plan. */
  readonly #users = new Map<number, number>();

  constructor(view: Pick<SwitchTrackerView, "groups" | "errors">, range: IdRange) {
    this.#switch = view;
    this.#range = range;
  }

  /** The id of the installed or new group with these buckets, whose keys are given. */
  idOf(buckets: readonly Bucket[], keys: readonly string[]): number | RefusedPart {
    const { groups, errors } = this.#switch;
    const content = allGroupContent(keys);
    const known = groups.idOf(content) ?? this.#newIds.get(content);
    if (known !== undefined) return known;
    const refused = errors.groupReason(content);
    if (refused !== undefined) return { refused, group: content };
    const isTaken = (id: number) => groups.isTaken(id) || this.#added.has(id);
    const id = chooseId(content, this.#range, isTaken);
    if (id === undefined) return { refused: "no group id is left", group: content };
    const children = groupsInBuckets(buckets, this.#range);
    this.#added.set(id, { id, type: GROUP_TYPE_ALL, buckets, key: content, groups: children });
    this.#newIds.set(content, id);
    this.use(children, 1);
    return id;
  }

  use(ids: readonly number[], by: 1 | -1): void {
    for (const id of ids) this.#users.set(id, this.#usersOf(id) + by);
  }

  /** Additions, without the groups of entries that are not installed after all. */
  *adds(): Steps<TableChange[]> {
    yield* forEach([...this.#added.values()].toReversed(), (group) => {
      if (this.#usersOf(group.id) > 0) return;
      this.use(group.groups, -1);
      this.#added.delete(group.id);
    });
    return Array.from(this.#added.values(), (group) => ({ type: "groupAdd", group }));
  }

  /** Deletions of groups that nothing uses any longer, users before those they use. */
  *deletes(): Steps<TableChange[]> {
    const { groups } = this.#switch;
    const candidates = [...groups.unused, ...this.#users.keys()];
    const changes: TableChange[] = [];
    const gone = new Set<number>();
    for (let id = candidates.pop(); id !== undefined; id = candidates.pop()) {
      if (candidates.length % CANDIDATES_PER_STEP === 0) yield;
      const group = groups.installed.get(id);
      if (!group || gone.has(id) || groups.isStuck(id) || this.#usersOf(id) > 0) continue;
      gone.add(id);
      changes.push({ type: "groupDelete", group });
      this.use(group.groups, -1);
      candidates.push(...group.groups);
    }
    return changes;
  }

  #usersOf(id: number): number {
    return this.#users.get(id) ?? this.#switch.groups.users(id);
  }
}
