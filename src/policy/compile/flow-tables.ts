import { type FlowKey, type FlowSpec, flowKey } from "../../pipeline/index.ts";
import type { Dpid } from "../../topology/index.ts";
import { sameContent } from "./action-key.ts";
import type { SwitchDelta } from "./plan.ts";

/** The wanted entries of every switch, with a record of what an edit changes. */
export class FlowTables {
  readonly #tables = new Map<Dpid, Map<FlowKey, FlowSpec>>();
  /** The entries an edit has touched, as they were before it. */
  readonly #before = new Map<Dpid, Map<FlowKey, FlowSpec | undefined>>();

  set(dpid: Dpid, flow: FlowSpec): FlowKey {
    const key = flowKey(flow);
    this.#remember(dpid, key);
    this.#table(dpid).set(key, flow);
    return key;
  }

  /** Takes an entry out, unless another one has taken its place meanwhile. */
  deleteFlow(dpid: Dpid, flow: FlowSpec): void {
    const key = flowKey(flow);
    if (this.#tables.get(dpid)?.get(key) !== flow) return;
    this.#remember(dpid, key);
    this.#table(dpid).delete(key);
  }

  /** The entries wanted on a switch. */
  of(dpid: Dpid): readonly FlowSpec[] {
    return [...(this.#tables.get(dpid)?.values() ?? [])];
  }

  /** What changed since the last call. An entry that is as it was before is not in it. */
  takeDelta(): Map<Dpid, SwitchDelta> {
    const delta = new Map<Dpid, SwitchDelta>();
    for (const [dpid, before] of this.#before) {
      const set: FlowSpec[] = [];
      const gone: FlowKey[] = [];
      for (const [key, old] of before) {
        const now = this.#tables.get(dpid)?.get(key);
        if (now === undefined) {
          if (old !== undefined) gone.push(key);
        } else if (!sameContent(old, now)) set.push(now);
      }
      if (set.length > 0 || gone.length > 0) delta.set(dpid, { set, delete: gone });
    }
    this.#before.clear();
    return delta;
  }

  /** What takes the tables of `old` to these, counted from the last time their changes were taken. */
  deltaFrom(old: FlowTables): Map<Dpid, SwitchDelta> {
    this.#before.clear();
    for (const [dpid, table] of old.#tables) this.#before.set(dpid, new Map(table));
    for (const [dpid, touched] of old.#before) {
      for (const [key, flow] of touched) this.#before.get(dpid)?.set(key, flow);
    }
    for (const [dpid, table] of this.#tables) {
      const before = this.#before.get(dpid) ?? new Map<FlowKey, FlowSpec | undefined>();
      for (const key of table.keys()) if (!before.has(key)) before.set(key, undefined);
      this.#before.set(dpid, before);
    }
    return this.takeDelta();
  }

  #table(dpid: Dpid): Map<FlowKey, FlowSpec> {
    let table = this.#tables.get(dpid);
    if (table === undefined) {
      table = new Map();
      this.#tables.set(dpid, table);
    }
    return table;
  }

  #remember(dpid: Dpid, key: FlowKey): void {
    let before = this.#before.get(dpid);
    if (before === undefined) {
      before = new Map();
      this.#before.set(dpid, before);
    }
    if (!before.has(key)) before.set(key, this.#tables.get(dpid)?.get(key));
  }
}
