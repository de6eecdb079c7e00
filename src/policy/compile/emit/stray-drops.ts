// SPDX-License-Identifier: Apache-2.0
import {
  Band,
  type EntryRef,
  entryRef,
  type FlowSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import type { Dpid, PortNo } from "../../../topology/index.ts";
import { constraint } from "../../match-region/region.ts";
import { matchOf } from "../../match-region/to-match.ts";
import { sameContent } from "../model/action-key.ts";
import type { Side } from "../model/address-block.ts";
import { inRange, type MarkRange } from "../model/mark-range.ts";
import type { FlowTables } from "./flow-tables.ts";

/** A switch on which copies could stray. */
export interface Reached {
  readonly dpid: Dpid;
  /** The ports by which they could come, where another application forwards; undefined: any. */
  readonly links: readonly PortNo[] | undefined;
}

/** The drops of one set of switches. */
export interface StrayGate {
  /** The switches, in order of their dpids. */
  readonly reach: readonly Reached[];
  /** Confirmed when every drop on every switch is. */
  readonly ref: EntryRef;
  readonly drops: readonly StrayDrop[];
  /** The entry that drops all marks on one side of frames, on a switch that has one. */
  dropAt(dpid: Dpid, side: Side): EntryRef | undefined;
  users: number;
}

interface StrayDrop extends Drop {
  readonly flow: FlowSpec;
  readonly ref: EntryRef;
}

/** What an entry drops. */
interface Drop {
  readonly dpid: Dpid;
  readonly side: Side;
  /** Undefined: whatever port frames come by. */
  readonly inPort: PortNo | undefined;
}

/**
 * The entries that drop one-sided marks that no transit or recovery rule matches: such a frame still has
 * one genuine address, so no switch may forward, flood or learn it. Two on every switch that direct
 * links join to a tap point, for the source and for the destination. Where another application forwards, two
 * for each link: nothing that hosts send there is dropped.
 *
 * Every copy must wait for all of them. So that a copy depends on one entry instead of two per switch,
 * the first entry for sources, the gate, depends on all others.
 */
export class StrayDrops {
  readonly #tables: FlowTables;
  readonly #range: MarkRange | undefined;
  /** By the first switch. While the network changes, a gate that is replaced lives on unlisted. */
  readonly #gates = new Map<Dpid | undefined, StrayGate>();

  /** `range`: that of one-sided marks; undefined: there are none. */
  constructor(tables: FlowTables, range: MarkRange | undefined) {
    this.#tables = tables;
    this.#range = range;
  }

  /** Acquires the drops on these switches, in order of their dpids, for one more user. */
  acquire(reach: readonly Reached[]): StrayGate {
    let gate = this.#gates.get(reach[0]?.dpid);
    if (gate === undefined || !sameReach(gate.reach, reach)) {
      gate = this.#install(reach);
      this.#gates.set(reach[0]?.dpid, gate);
    }
    gate.users++;
    return gate;
  }

  /** Releases drops for one user. */
  release(gate: StrayGate): void {
    gate.users--;
    if (gate.users > 0) return;
    const first = gate.reach[0]?.dpid;
    if (this.#gates.get(first) === gate) this.#gates.delete(first);
    for (const { dpid, flow } of gate.drops) this.#tables.deleteFlow(dpid, flow);
  }

  #install(reach: readonly Reached[]): StrayGate {
    const what = reach.flatMap(dropsAt);
    const first = what.find(({ side }) => side === "ethSrc");
    if (first === undefined) throw new Error("a tap point is on a switch with links");
    const others = what.filter((each) => each !== first).map((each) => this.#set(each));
    const gate = this.#set(
      first,
      others.map(({ ref }) => ref),
    );
    const drops = [...others, gate];
    const refs = new Map(
      drops.flatMap(({ dpid, side, inPort, ref }) =>
        inPort === undefined ? [[`${side} ${dpid}`, ref]] : [],
      ),
    );
    const dropAt = (dpid: Dpid, side: Side) => refs.get(`${side} ${dpid}`);
    return { reach, ref: gate.ref, drops, dropAt, users: 0 };
  }

  #set(what: Drop, needs?: readonly EntryRef[]): StrayDrop {
    if (this.#range === undefined) throw new Error("a drop without marks");
    const drop = dropOf(what, this.#range);
    const flow = needs === undefined ? drop : { ...drop, needs };
    const ref = entryRef(what.dpid, this.#tables.set(what.dpid, flow));
    return { ...what, flow, ref };
  }
}

/** Whether copies could stray to the same switches. */
export function sameReach(a: readonly Reached[], b: readonly Reached[]): boolean {
  return a === b || sameContent(a, b);
}

function dropsAt({ dpid, links }: Reached): Drop[] {
  const ports: readonly (PortNo | undefined)[] = links ?? [undefined];
  return ports.flatMap((inPort) => [
    { dpid, side: "ethDst" as const, inPort },
    { dpid, side: "ethSrc" as const, inPort },
  ]);
}

function dropOf({ side, inPort }: Drop, range: MarkRange): FlowSpec {
  const marked = inRange(side, range);
  const match = matchOf(inPort === undefined ? [marked] : [constraint("inPort", inPort), marked]);
  return { table: TAP_TABLE, priority: Band.guard, match, category: "guard", actions: [] };
}
