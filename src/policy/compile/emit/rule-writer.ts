import {
  type ActionSpec,
  Band,
  type BucketSpec,
  type FlowKey,
  type FlowSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import type { Region } from "../../match-region/region.ts";
import { toMatch } from "../../match-region/to-match.ts";
import type { ElementActions } from "../overlap/element-actions.ts";
import { CopyBuckets, type Held, type Shared } from "./copy-buckets.ts";

/**
 * What is made of a label. The rules of a switch that have the same label share it: of the policies
 * for one pair of hosts and one monitor there may be dozens.
 */
export interface Making {
  readonly label: ElementActions;
  readonly actions: readonly ActionSpec[];
  /** What the copies have acquired, in the order of the label's copies. */
  readonly held: readonly Held[];
  /** How many rules share it. */
  users: number;
  /** Ways or numbers that it uses are other ones now: every rule that has it is written anew. */
  isOutdated: boolean;
}

/** A rewriting rule that is in the tables. */
export interface Rule {
  readonly making: Making;
  readonly flow: FlowSpec;
  readonly key: FlowKey;
}

/** Writes the rewriting rules of one switch, and what they need elsewhere. */
export class RuleWriter {
  readonly #dpid: Dpid;
  readonly #shared: Shared;
  readonly #copies: CopyBuckets;
  /** By the key of the label. */
  readonly #makings = new Map<string, Making>();

  constructor(dpid: Dpid, shared: Shared) {
    this.#dpid = dpid;
    this.#shared = shared;
    this.#copies = new CopyBuckets(dpid, shared);
  }

  /** The label that rules are written for already, in place of one that is the same. */
  known(label: ElementActions): ElementActions {
    return this.#makings.get(label.key)?.label ?? label;
  }

  /** Writes a rule. `shields` as in `FlowSpec`. */
  write(region: Region, label: ElementActions, shields: boolean): Rule {
    const making = this.#makingOf(label);
    const flow: FlowSpec = {
      table: TAP_TABLE,
      priority: Band.rewriting + region.bits,
      match: toMatch(region),
      category: "rewriting",
      actions: making.actions,
      ...(shields ? { shields } : {}),
    };
    const key = this.#shared.tables.set(this.#dpid, flow);
    return { making, flow, key };
  }

  /** Takes a rule out, after the one in its place has been written: what both use stays. */
  withdraw({ making, flow }: Rule): void {
    this.#release(making);
    this.#shared.tables.deleteFlow(this.#dpid, flow);
  }

  /** Marks what has acquired something of a kind as outdated; whether there is any. */
  outdate(concerns: (held: Held) => boolean): boolean {
    let found = false;
    for (const making of this.#makings.values()) {
      if (!making.held.some(concerns)) continue;
      making.isOutdated = true;
      found = true;
    }
    return found;
  }

  /** What is made of a label, for one more rule. */
  #makingOf(label: ElementActions): Making {
    let making = this.#makings.get(label.key);
    if (making === undefined || making.isOutdated) {
      making = this.#make(label);
      this.#makings.set(label.key, making);
    }
    making.users++;
    return making;
  }

  #make(label: ElementActions): Making {
    const held: Held[] = [];
    const copies = label.copies.flatMap((copy) => this.#copies.make(copy, held));
    const original: BucketSpec = { role: "original", actions: label.original };
    const actions: readonly ActionSpec[] =
      copies.length === 0
        ? label.original
        : [{ type: "useGroup", group: { buckets: [original, ...copies] } }];
    return { label, actions, held, users: 0, isOutdated: false };
  }

  #release(making: Making): void {
    making.users--;
    if (making.users > 0) return;
    const { key } = making.label;
    if (this.#makings.get(key) === making) this.#makings.delete(key);
    this.#copies.release(making.held);
  }
}
