// SPDX-License-Identifier: Apache-2.0
import { type FlowKey, type FlowSpec, flowKey } from "../../../flow-model/index.ts";
import type { Steps } from "../../../lang/steps.ts";
import type { Dpid } from "../../../topology/index.ts";
import { sameContent } from "../model/action-key.ts";
import type { SwitchDelta } from "../model/policy-plan.ts";

/** The desired entries of every switch, with a record of the changes of an edit. */
export class FlowTables {
  readonly #tables = new Map<Dpid, SwitchTable>();

  /**
   * Adds an entry; it covers an entry with the same key, which is kept: while marks and VLAN ids change
   * owners, two owners may temporarily use one number.
   */
  set(dpid: Dpid, flow: FlowSpec): FlowKey {
    return this.#table(dpid).set(flow);
  }

  /** Removes an added entry. The entry that it covered applies again, unless removed as well. */
  deleteFlow(dpid: Dpid, flow: FlowSpec): void {
    this.#table(dpid).delete(flow);
  }

  /** The desired entries of a switch. */
  of(dpid: Dpid): readonly FlowSpec[] {
    return [...(this.#tables.get(dpid)?.entries.values() ?? [])];
  }

  /** The desired entry with a key. */
  entry(dpid: Dpid, key: FlowKey): FlowSpec | undefined {
    return this.#tables.get(dpid)?.entries.get(key);
  }

  /** The changes since the last call, without entries whose content is the same as before. */
  *takeDelta(): Steps<Map<Dpid, SwitchDelta>> {
    const delta = new Map<Dpid, SwitchDelta>();
    for (const [dpid, table] of this.#tables) {
      const found = yield* table.takeDelta();
      if (found.set.length > 0 || found.delete.length > 0) delta.set(dpid, found);
    }
    return delta;
  }

  /** The changes from the tables of `old`, as of its last `takeDelta`, to these. */
  *deltaFrom(old: FlowTables): Steps<Map<Dpid, SwitchDelta>> {
    for (const dpid of old.#tables.keys()) this.#table(dpid);
    for (const [dpid, table] of this.#tables) {
      table.startFrom(old.#tables.get(dpid));
      yield;
    }
    return yield* this.takeDelta();
  }

  #table(dpid: Dpid): SwitchTable {
    let table = this.#tables.get(dpid);
    if (table === undefined) {
      table = new SwitchTable();
      this.#tables.set(dpid, table);
    }
    return table;
  }
}

/** The desired entries of one switch. */
class SwitchTable {
  readonly entries = new Map<FlowKey, FlowSpec>();
  /** The entries that another entry covers, oldest first. */
  readonly #covered = new Map<FlowKey, FlowSpec[]>();
  /** The changed entries as they were at the last `takeDelta`; undefined: it was never called. */
  before: Map<FlowKey, FlowSpec | undefined> | undefined;

  set(flow: FlowSpec): FlowKey {
    const key = flowKey(flow);
    this.#remember(key);
    const before = this.entries.get(key);
    if (before !== undefined) this.#cover(key, before);
    this.entries.set(key, flow);
    return key;
  }

  delete(flow: FlowSpec): void {
    const key = flowKey(flow);
    const covered = this.#covered.get(key);
    if (this.entries.get(key) !== flow) {
      const at = covered?.indexOf(flow) ?? -1;
      if (at < 0) throw new Error(`removing an entry that was not added: ${key}`);
      covered?.splice(at, 1);
    } else {
      this.#remember(key);
      const uncovered = covered?.pop();
      if (uncovered === undefined) this.entries.delete(key);
      else this.entries.set(key, uncovered);
    }
    if (covered?.length === 0) this.#covered.delete(key);
  }

  *takeDelta(): Steps<SwitchDelta> {
    const before = this.before;
    if (before === undefined) {
      if (this.entries.size > 0) this.before = new Map();
      return { set: [...this.entries.values()], delete: [] };
    }
    const set: FlowSpec[] = [];
    const gone: FlowKey[] = [];
    for (const [key, old] of before) {
      yield;
      const now = this.entries.get(key);
      if (now === undefined) {
        if (old !== undefined) gone.push(key);
      } else if (!sameContent(old, now)) set.push(now);
    }
    before.clear();
    return { set, delete: gone };
  }

  /** Makes the next delta relative to another table as of its last `takeDelta`. */
  startFrom(old: SwitchTable | undefined): void {
    if (old?.before === undefined) {
      this.before = undefined;
      return;
    }
    const before = new Map<FlowKey, FlowSpec | undefined>(old.entries);
    for (const [key, flow] of old.before) before.set(key, flow);
    for (const key of this.entries.keys()) if (!before.has(key)) before.set(key, undefined);
    this.before = before;
  }

  #cover(key: FlowKey, flow: FlowSpec): void {
    const covered = this.#covered.get(key);
    if (covered === undefined) this.#covered.set(key, [flow]);
    else covered.push(flow);
  }

  #remember(key: FlowKey): void {
    const before = this.before;
    if (before !== undefined && !before.has(key)) before.set(key, this.entries.get(key));
  }
}
