// SPDX-License-Identifier: Apache-2.0
import { forEach, type Steps } from "../../lang/steps.ts";
import type { InstalledFlow, InstalledGroup } from "../model/installed.ts";
import { NumberedTracker } from "./numbered-tracker.ts";

/** The groups of one switch: which are installed, which content each has, and how many use it. */
export class GroupTracker extends NumberedTracker<InstalledGroup> {
  /** Replaces everything by a group table as read, with the flow entries that use it. */
  *loading(
    groups: ReadonlyMap<number, InstalledGroup>,
    foreign: ReadonlySet<number>,
    flows: ReadonlyMap<string, InstalledFlow>,
  ): Steps<void> {
    this.reset(foreign);
    yield* forEach(groups.values(), (group) => this.add(group));
    yield* forEach(flows.values(), (flow) => this.use(flow.groups, 1));
  }

  add(group: InstalledGroup): void {
    this.put(group);
    if (!this.ids.has(group.key)) this.ids.set(group.key, group.id);
    this.use(group.groups, 1);
  }

  delete(group: InstalledGroup): void {
    this.remove(group.id);
    if (this.ids.get(group.key) === group.id) this.ids.delete(group.key);
    this.use(group.groups, -1);
  }
}

/** What a plan reads of a switch's groups. */
export type GroupView = Pick<
  GroupTracker,
  "installed" | "unused" | "idOf" | "isTaken" | "users" | "isStuck"
>;
