// SPDX-License-Identifier: Apache-2.0
import type { PolicyOrigin } from "../../contract/policies.ts";
import { lowerBound } from "../../lang/lower-bound.ts";
import type { Group, GroupId, Groups } from "../../policy/index.ts";
import type { PolicyJson } from "./policy-registry.ts";

/** A group with everything that is known about it. */
export interface GroupEntry {
  readonly group: Group;
  readonly document: PolicyJson;
  readonly origin: PolicyOrigin;
  /** Revision of the write in the store; 0 for a group from a file. */
  readonly revision: number;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly updatedAt: string;
}

/** The groups in memory. */
export class GroupRegistry {
  readonly #entries = new Map<GroupId, GroupEntry>();
  readonly #groups = new Map<string, Group>();
  /** Ids in ascending order. */
  #ids: GroupId[] = [];

  /** The groups as policies read them. */
  get groups(): Groups {
    return this.#groups;
  }

  get(id: GroupId): GroupEntry | undefined {
    return this.#entries.get(id);
  }

  set(entry: GroupEntry): void {
    const { id } = entry.group;
    if (!this.#entries.has(id)) this.#ids.splice(lowerBound<string>(this.#ids, id), 0, id);
    this.#entries.set(id, entry);
    this.#groups.set(id, entry.group);
  }

  delete(id: GroupId): void {
    if (!this.#entries.delete(id)) return;
    this.#groups.delete(id);
    this.#ids.splice(lowerBound<string>(this.#ids, id), 1);
  }

  /** All groups, in the order of their ids. */
  all(): GroupEntry[] {
    return this.#ids.flatMap((id) => this.get(id) ?? []);
  }

  /** At most this many groups whose ids follow `after`, in order, and whether there are further ones. */
  page(after: string | undefined, limit: number) {
    const at = after === undefined ? 0 : lowerBound<string>(this.#ids, after);
    const from = this.#ids[at] === after ? at + 1 : at;
    const items = this.#ids.slice(from, from + limit).flatMap((id) => this.get(id) ?? []);
    return { items, more: this.#ids.length > from + limit };
  }
}
