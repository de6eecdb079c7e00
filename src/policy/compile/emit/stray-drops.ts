// SPDX-License-Identifier: Apache-2.0
import {
  Band,
  type EntryRef,
  entryRef,
  type FlowSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import { sameItems } from "../../../lang/same-items.ts";
import type { Dpid } from "../../../topology/index.ts";
import { ONE_SIDED_PREFIX, TAP_MARK_MASK } from "../../../topology/index.ts";
import { constraint, single } from "../../match-region/region.ts";
import { toMatch } from "../../match-region/to-match.ts";
import type { FlowTables } from "./flow-tables.ts";

/** The drops of one set of switches. */
export interface StrayGate {
  /** The switches, in order of their dpids. */
  readonly reach: readonly Dpid[];
  /** Confirmed when every drop on every switch is. */
  readonly ref: EntryRef;
  readonly drops: readonly { readonly dpid: Dpid; readonly flow: FlowSpec }[];
  users: number;
}

/**
 * The entries that drop one-sided marks that no transit or recovery rule matches: such a frame still has
 * one genuine address, so no switch may forward, flood or learn it. Two on every switch that direct
 * links join to a tap point, for the source and for the destination.
 *
 * Every copy must wait for all of them. So that a copy depends on one entry instead of two per switch,
 * the entry for sources on the first switch, the gate, depends on all others.
 */
export class StrayDrops {
  readonly #tables: FlowTables;
  /** By the first switch. While the network changes, a gate that is replaced lives on unlisted. */
  readonly #gates = new Map<Dpid | undefined, StrayGate>();

  constructor(tables: FlowTables) {
    this.#tables = tables;
  }

  /** Acquires the drops on these switches, in order of their dpids, for one more user. */
  acquire(reach: readonly Dpid[]): StrayGate {
    let gate = this.#gates.get(reach[0]);
    if (gate === undefined || !sameItems(gate.reach, reach)) {
      gate = this.#install(reach);
      this.#gates.set(reach[0], gate);
    }
    gate.users++;
    return gate;
  }

  /** Releases drops for one user. */
  release(gate: StrayGate): void {
    gate.users--;
    if (gate.users > 0) return;
    if (this.#gates.get(gate.reach[0]) === gate) this.#gates.delete(gate.reach[0]);
    for (const { dpid, flow } of gate.drops) this.#tables.deleteFlow(dpid, flow);
  }

  #install(reach: readonly Dpid[]): StrayGate {
    const refs: EntryRef[] = [];
    const drops: { dpid: Dpid; flow: FlowSpec }[] = [];
    const set = (dpid: Dpid, flow: FlowSpec) => {
      drops.push({ dpid, flow });
      return entryRef(dpid, this.#tables.set(dpid, flow));
    };
    for (const dpid of reach) refs.push(set(dpid, drop("ethDst")));
    for (const dpid of reach.slice(1)) refs.push(set(dpid, drop("ethSrc")));
    const [first] = reach;
    if (first === undefined) throw new Error("a tap point is on a switch");
    const ref = set(first, { ...drop("ethSrc"), needs: refs });
    return { reach, ref, drops, users: 0 };
  }
}

function drop(side: "ethSrc" | "ethDst"): FlowSpec {
  const match = toMatch(single(constraint(side, ONE_SIDED_PREFIX, TAP_MARK_MASK)));
  return { table: TAP_TABLE, priority: Band.guard, match, category: "guard", actions: [] };
}
