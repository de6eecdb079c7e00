// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  contentHash,
  type EntryRef,
  entryRef,
  type FlowSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import { resubmit, setField } from "../../../openflow/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import type { Part } from "../../model/balance.ts";
import { actionsKey } from "../model/action-key.ts";
import { shareKey } from "../model/flow-classes.ts";
import { StableAllocator } from "../model/stable-allocator.ts";
import type { FlowTables } from "./flow-tables.ts";
import { metadataOf, Stage, type TreatmentIds } from "./treatment-metadata.ts";
import {
  deliveryRules,
  guardRules,
  hashRules,
  sampleRules,
  shareRules,
  type TreatedDelivery,
} from "./treatment-stages.ts";

/** What happens to a copy before it leaves its tap point. */
interface TreatmentHop extends TreatedDelivery {
  /** Whether it does anything but isolate the copies. */
  readonly isTreated: boolean;
  readonly sample: number | undefined;
  readonly share: readonly Part[] | undefined;
}

/** A treatment hop that is in the tables. */
export interface TreatmentHopRules {
  /** The actions of the bucket: mark the copy and resubmit it to the table. */
  readonly actions: readonly ActionSpec[];
  readonly refs: readonly EntryRef[];
  readonly blocks: readonly RuleBlock[];
  /** The keys of its ids: that of the delivery, then that of the share if there is one. */
  readonly idKeys: readonly string[];
  /** Whether fewer or shorter copies may leave than the bucket makes. */
  readonly isTreated: boolean;
}

/** Rules of one switch that are added and removed together. */
interface RuleBlock {
  readonly name: string;
  readonly dpid: Dpid;
  readonly flows: readonly FlowSpec[];
  readonly refs: readonly EntryRef[];
  users: number;
}

/**
 * The rules for treatments that a bucket cannot perform: selecting flows, limiting the rate,
 * truncating, and what a copy changes in a clone of its own (Open vSwitch only).
 *
 * A bucket of group ALL is an action set with one output: it accepts a meter or a truncating output,
 * but then drops the copy. So the bucket sets the metadata of its copy and resubmits it to the tap
 * table, where only the rules here match it. The metadata value contains everything they need:
 *
 * | bits  |                                                                       |
 * | ----- | --------------------------------------------------------------------- |
 * | 63    | 1: a copy in a treatment hop. No frame from a port has metadata       |
 * | 60-62 | stage: hash, sample, balance, deliver, limit                          |
 * | 44-59 | how many of the `SAMPLE_PARTS` flows are copied; 0: all               |
 * | 28-43 | which flows of a balanced set: an id; 0: all                          |
 * | 0-27  | how the copy leaves: an id                                            |
 *
 * A copy that needs no decision by flow begins at the stage `deliver`. Every stage changes the stage
 * bits and resubmits; a copy that no rule of a stage accepts is dropped. (Previews of copies have a stage of
 * their own: `src/policy/preview/`.) The hash is computed from the
 * frame as it entered, before addresses are rewritten, and is symmetric: both directions of a flow
 * have the same hash. For IP it covers addresses, protocol and ports (for fragments, of which only
 * the first has ports, the addresses alone), for other frames the MAC addresses, the Ethertype and
 * the VLAN; it is the same on every switch.
 */
export class TreatmentRules {
  readonly #tables: FlowTables;
  readonly #blocks = new Map<string, RuleBlock>();
  readonly #deliveries = new StableAllocator((key, attempt) => contentHash(key, attempt) % 2 ** 28);
  readonly #shares = new StableAllocator(
    (key, attempt) => 1 + (contentHash(key, attempt) % 0xffff),
  );

  constructor(tables: FlowTables) {
    this.#tables = tables;
  }

  /** Acquires the rules of a treatment hop on a switch, for one more user. */
  acquire(dpid: Dpid, hop: TreatmentHop): TreatmentHopRules {
    const { sample, share } = hop;
    const delivery = `${dpid} ${deliveryKey(hop)}`;
    const shared = share === undefined ? undefined : `${dpid} ${shareKey(share)}`;
    const ids: TreatmentIds = {
      sample: sample ?? 0,
      share: shared === undefined ? 0 : acquireId(this.#shares, shared, dpid),
      delivery: acquireId(this.#deliveries, delivery, dpid),
    };
    const decides = sample !== undefined || share !== undefined;
    const blocks = [
      this.#block(`${dpid} guard`, dpid, guardRules),
      ...(decides ? [this.#block(`${dpid} hash`, dpid, hashRules)] : []),
      ...(sample === undefined
        ? []
        : [this.#block(`${dpid} sample ${sample}`, dpid, () => sampleRules(sample))]),
      ...(share === undefined
        ? []
        : [this.#block(`${ids.share} ${shared}`, dpid, () => shareRules(ids.share, share))]),
      this.#block(`${ids.delivery} ${delivery}`, dpid, () => deliveryRules(ids.delivery, hop)),
    ];
    const stage = decides ? Stage.hash : Stage.deliver;
    return {
      actions: [setField("metadata", metadataOf(stage, ids)), resubmit(TAP_TABLE)],
      refs: blocks.flatMap(({ refs }) => refs),
      blocks,
      idKeys: [delivery, ...(shared === undefined ? [] : [shared])],
      isTreated: hop.isTreated,
    };
  }

  /** Releases a treatment hop for one user. */
  release({ blocks, idKeys }: TreatmentHopRules): void {
    const [delivery, share] = idKeys;
    if (delivery !== undefined) this.#deliveries.release(delivery);
    if (share !== undefined) this.#shares.release(share);
    for (const block of blocks) {
      block.users--;
      if (block.users > 0) continue;
      this.#blocks.delete(block.name);
      for (const flow of block.flows) this.#tables.deleteFlow(block.dpid, flow);
    }
  }

  /** The keys (of `TreatmentHopRules.idKeys`) whose id changed since the last call. */
  takeRenumbered(): readonly string[] {
    return [...this.#deliveries.takeRenumbered(), ...this.#shares.takeRenumbered()];
  }

  /** Acquires a block of rules for one more user. */
  #block(name: string, dpid: Dpid, build: () => readonly FlowSpec[]): RuleBlock {
    let block = this.#blocks.get(name);
    if (block === undefined) {
      const flows = build();
      const refs = flows.map((flow) => entryRef(dpid, this.#tables.set(dpid, flow)));
      block = { name, dpid, flows, refs, users: 0 };
      this.#blocks.set(name, block);
    }
    block.users++;
    return block;
  }
}

function deliveryKey({ actions, out, truncate, meter, isIsolated }: TreatmentHop): string {
  const limit =
    meter === undefined ? "" : `${meter.rate}${meter.unit}+${meter.burst}/${meter.owner}`;
  return `${actionsKey(actions)}${out},${truncate ?? ""},${limit}${isIsolated ? ",isolated" : ""}`;
}

function acquireId(allocator: StableAllocator, key: string, dpid: Dpid): number {
  const id = allocator.acquire(key, dpid);
  if (id === undefined) throw new Error("ids of treatments never run out");
  return id;
}
