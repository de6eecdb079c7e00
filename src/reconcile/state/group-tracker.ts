// SPDX-License-Identifier: Apache-2.0
import type { InstalledFlow, InstalledGroup } from "../model/installed.ts";
import { UseCounts } from "./use-counts.ts";

/** The groups of one switch: which are installed, which content each has, and how many use it. */
export class GroupTracker {
  readonly #installed = new Map<number, InstalledGroup>();
  #foreign: ReadonlySet<number> = new Set();
  readonly #ids = new Map<string, number>();
  readonly #uses = new UseCounts(this.#installed);
  readonly #stuck = new Set<number>();

  /** OpenVTAP's own groups as confirmed. */
  get installed(): ReadonlyMap<number, InstalledGroup> {
    return this.#installed;
  }

  /** Own groups without a user. */
  get unused(): ReadonlySet<number> {
    return this.#uses.unused;
  }

  /** The id of the installed group of a content. */
  idOf(content: string): number | undefined {
    return this.#ids.get(content);
  }

  /** Whether a group has an id, own or foreign. */
  isTaken(id: number): boolean {
    return this.#installed.has(id) || this.#foreign.has(id);
  }

  /** Number of own flow entries and groups that use a group. */
  users(id: number): number {
    return this.#uses.of(id);
  }

  /** Whether the switch refused to delete a group. */
  isStuck(id: number): boolean {
    return this.#stuck.has(id);
  }

  /** Replaces everything by a group table as read, with the flow entries that use it. */
  load(
    groups: ReadonlyMap<number, InstalledGroup>,
    foreign: ReadonlySet<number>,
    flows: ReadonlyMap<string, InstalledFlow>,
  ): void {
    this.#foreign = foreign;
    for (const each of [this.#installed, this.#ids, this.#uses, this.#stuck]) each.clear();
    for (const group of groups.values()) this.add(group);
    for (const flow of flows.values()) this.use(flow.groups, 1);
  }

  add(group: InstalledGroup): void {
    this.#installed.set(group.id, group);
    if (!this.#ids.has(group.key)) this.#ids.set(group.key, group.id);
    this.#uses.added(group.id);
    this.use(group.groups, 1);
  }

  delete(group: InstalledGroup): void {
    this.#installed.delete(group.id);
    this.#uses.deleted(group.id);
    if (this.#ids.get(group.key) === group.id) this.#ids.delete(group.key);
    this.use(group.groups, -1);
  }

  /** A flow entry or group begins or ceases to use groups. */
  use(ids: readonly number[], by: 1 | -1): void {
    this.#uses.change(ids, by);
  }

  markStuck(id: number): void {
    this.#stuck.add(id);
  }
}

/** What a plan reads of a switch's groups. */
export type GroupView = Pick<
  GroupTracker,
  "installed" | "unused" | "idOf" | "isTaken" | "users" | "isStuck"
>;
