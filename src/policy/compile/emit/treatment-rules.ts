import {
  type ActionSpec,
  Band,
  contentHash,
  type EntryRef,
  entryRef,
  type FlowSpec,
  type MeterSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import {
  type Action,
  type Match,
  type MatchInput,
  match,
  setField,
} from "../../../openflow/index.ts";
import type { Dpid } from "../../../topology/index.ts";
import { BALANCE_PARTS, blocksOf, type Part } from "../../model/balance.ts";
import { SAMPLE_PARTS } from "../../model/treatment.ts";
import { actionsKey } from "../model/action-key.ts";
import { shareKey } from "../model/flow-classes.ts";
import { StableAllocator } from "../model/number-allocator.ts";
import type { FlowTables } from "./flow-tables.ts";
import { leaveBy, NO_OP_ACTION } from "./output-actions.ts";

/** What happens to a copy before it leaves its tap point. */
export interface Detour {
  readonly sample: number | undefined;
  readonly share: readonly Part[] | undefined;
  /** Rewrites the copy for its way. */
  readonly actions: readonly ActionSpec[];
  /** The Ethernet type of the copies, where what rewrites them takes one; undefined: any. */
  readonly ethType: number | undefined;
  /** The port it leaves by, by its number. */
  readonly out: number;
  /** Bytes that leave; undefined: all. */
  readonly truncate: number | undefined;
  /** What leaves beyond its rate is dropped; undefined: nothing. */
  readonly meter: MeterSpec | undefined;
}

/** A detour that is in the tables. */
export interface DetourRules {
  /** What the bucket does: mark the copy and send it through the table once more. */
  readonly actions: readonly ActionSpec[];
  readonly refs: readonly EntryRef[];
  readonly blocks: readonly Block[];
  /** What it has ids for: how the copy leaves, then its share if it has one. */
  readonly claims: readonly string[];
}

/** Rules of one switch that come and go together. */
interface Block {
  readonly name: string;
  readonly dpid: Dpid;
  readonly flows: readonly FlowSpec[];
  readonly refs: readonly EntryRef[];
  users: number;
}

/**
 * What is done with copies at their tap point that a bucket cannot do: choosing flows, limiting,
 * truncating (Open vSwitch only).
 *
 * A bucket of group ALL is an action set with one output: it takes a meter or a truncating output
 * without complaint and drops the copy. So the bucket gives its copy a metadata value and resubmits it
 * to the tap table, where only the rules here match it. The value holds all there is to know:
 *
 * | bits  |                                                                       |
 * | ----- | --------------------------------------------------------------------- |
 * | 63    | 1: a copy on a detour. No frame from a port has metadata              |
 * | 60-62 | stage: hash, sample, balance, deliver, limit                          |
 * | 44-59 | how many of the `SAMPLE_PARTS` flows are copied; 0: all               |
 * | 28-43 | which flows of a balanced set: an id; 0: all                          |
 * | 0-27  | how the copy leaves: an id                                            |
 *
 * A copy that takes no decision by flow begins at the last stage. Every stage changes the stage bits
 * and resubmits; what no rule of a stage lets pass is dropped. The hash is taken of the frame as it
 * came in, before addresses are rewritten, and is symmetric: both directions of a flow have the same.
 * Of IP it is the addresses, protocol and ports (for fragments, of which only the first one has ports, the
 * addresses alone), of other frames the MAC addresses, the Ethertype and the VLAN; the same on every switch.
 */
export class TreatmentRules {
  readonly #tables: FlowTables;
  readonly #blocks = new Map<string, Block>();
  readonly #deliveries = new StableAllocator((key, attempt) => contentHash(key, attempt) % 2 ** 28);
  readonly #shares = new StableAllocator(
    (key, attempt) => 1 + (contentHash(key, attempt) % 0xffff),
  );

  constructor(tables: FlowTables) {
    this.#tables = tables;
  }

  /** Has the rules of a detour on a switch, for one more user. */
  acquire(dpid: Dpid, detour: Detour): DetourRules {
    const { sample, share } = detour;
    const delivery = `${dpid} ${deliveryKey(detour)}`;
    const shared = share === undefined ? undefined : `${dpid} ${shareKey(share)}`;
    const ids: Ids = {
      sample: sample ?? 0,
      share: shared === undefined ? 0 : claim(this.#shares, shared, dpid),
      delivery: claim(this.#deliveries, delivery, dpid),
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
      this.#block(`${ids.delivery} ${delivery}`, dpid, () => deliveryRules(ids.delivery, detour)),
    ];
    const stage = decides ? Stage.hash : Stage.deliver;
    return {
      actions: [setField("metadata", metadataOf(stage, ids)), resubmit()],
      refs: blocks.flatMap(({ refs }) => refs),
      blocks,
      claims: [delivery, ...(shared === undefined ? [] : [shared])],
    };
  }

  /** Gives back what `acquire` gave to one user. */
  release({ blocks, claims }: DetourRules): void {
    const [delivery, share] = claims;
    if (delivery !== undefined) this.#deliveries.release(delivery);
    if (share !== undefined) this.#shares.release(share);
    for (const block of blocks) {
      block.users--;
      if (block.users > 0) continue;
      this.#blocks.delete(block.name);
      for (const flow of block.flows) this.#tables.deleteFlow(block.dpid, flow);
    }
  }

  /** The claims (of `DetourRules.claims`) whose id is another one since this was last asked. */
  takeMoved(): readonly string[] {
    return [...this.#deliveries.takeMoved(), ...this.#shares.takeMoved()];
  }

  /** Rules that go together, for one more user. */
  #block(name: string, dpid: Dpid, build: () => readonly FlowSpec[]): Block {
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

const Stage = { hash: 0, sample: 1, balance: 2, deliver: 3, limit: 4 } as const;

interface Ids {
  readonly sample: number;
  readonly share: number;
  readonly delivery: number;
}

/** Fields of the metadata value: first bit and number of bits. */
const FIELD = {
  stage: [60, 4],
  sample: [44, 16],
  share: [28, 16],
  delivery: [0, 28],
} as const;

const COPY = 8;

/** Registers that hold the hashes, and the seeds that make them independent of each other. */
const SAMPLE_HASH = { register: "reg1", bits: 16, seed: 1 } as const;
const BALANCE_HASH = { register: "reg2", bits: 12, seed: 2 } as const;

/** Numbers of `multipath`. @spec Open vSwitch include/openflow/nicira-ext.h, nx_hash_fields */
const HashOf = { symmetricL4: 1, symmetricL3L4Udp: 3, symmetricL3: 6 } as const;
const MODULO_N = 0;

const OFFSET = { guard: 0, any: 1, ip: 2, fragment: 3 } as const;

function metadataOf(stage: number, { sample, share, delivery }: Ids): bigint {
  return (
    at("stage", COPY + stage) | at("sample", sample) | at("share", share) | at("delivery", delivery)
  );
}

function at(field: keyof typeof FIELD, value: number): bigint {
  return BigInt(value) << BigInt(FIELD[field][0]);
}

function maskOf(...fields: readonly (keyof typeof FIELD)[]): bigint {
  return fields.map((field) => at(field, 2 ** FIELD[field][1] - 1)).reduce((a, b) => a | b);
}

/** Copies of a stage, those alone that have a certain value in one more field. */
function inStage(
  stage: number,
  field?: keyof typeof FIELD,
  value = 0,
): { readonly metadata: { readonly value: bigint; readonly mask: bigint } } {
  const wanted = at("stage", COPY + stage);
  return field === undefined
    ? { metadata: { value: wanted, mask: maskOf("stage") } }
    : { metadata: { value: wanted | at(field, value), mask: maskOf("stage", field) } };
}

/** Drops what no rule of a stage lets pass: above all it must not meet rules for other frames. */
function guardRules(): FlowSpec[] {
  const bit = at("stage", COPY);
  return [rule(OFFSET.guard, { metadata: { value: bit, mask: bit } }, [])];
}

/** Takes the hashes, and lets pass the stages of decisions that a copy does not need. */
function hashRules(): FlowSpec[] {
  const first = inStage(Stage.hash);
  const l4 = hashed(HashOf.symmetricL3L4Udp);
  const l3 = hashed(HashOf.symmetricL3);
  const fragment = { value: 1, mask: 1 };
  return [
    rule(OFFSET.any, first, hashed(HashOf.symmetricL4)),
    ...[0x0800, 0x86dd].flatMap((ethType) => [
      rule(OFFSET.ip, { ...first, ethType }, l4),
      rule(OFFSET.fragment, { ...first, ethType, ipFrag: fragment }, l3),
    ]),
    rule(OFFSET.any, inStage(Stage.sample, "sample"), next(Stage.balance)),
    rule(OFFSET.any, inStage(Stage.balance, "share"), next(Stage.deliver)),
  ];
}

function hashed(fields: number): ActionSpec[] {
  return [
    multipath(fields, SAMPLE_HASH, SAMPLE_PARTS),
    multipath(fields, BALANCE_HASH, BALANCE_PARTS),
    ...next(Stage.sample),
  ];
}

/** A larger sample holds a smaller one: the flows with the lowest hashes. */
function sampleRules(sample: number): FlowSpec[] {
  return blocksOf([{ first: 0, last: sample - 1 }], SAMPLE_HASH.bits).map((block) => {
    const wanted = { ...inStage(Stage.sample, "sample", sample), [SAMPLE_HASH.register]: block };
    return rule(OFFSET.any, wanted, next(Stage.balance));
  });
}

function shareRules(id: number, share: readonly Part[]): FlowSpec[] {
  return blocksOf(share, BALANCE_HASH.bits).map((block) => {
    const wanted = { ...inStage(Stage.balance, "share", id), [BALANCE_HASH.register]: block };
    return rule(OFFSET.any, wanted, next(Stage.deliver));
  });
}

/**
 * The rule that lets a copy go. One that is metered goes through the table once more, in a clone: what a
 * meter drops takes along all that the datapath would have done with the frame after it, the copies of
 * other monitors too.
 */
function deliveryRules(id: number, { actions, ethType, out, truncate, meter }: Detour): FlowSpec[] {
  const type = ethType === undefined ? {} : { ethType };
  const fields = { ...inStage(Stage.deliver, "delivery", id), ...type };
  // It may leave by the port it came in by; a truncating output takes no IN_PORT.
  const leave = [load("inPort", 0, 32, 0), ...actions, ...leaveBy(out, truncate)];
  if (meter === undefined) return [rule(OFFSET.any, fields, leave)];
  const clone: Action = {
    type: "nxClone",
    actions: [NO_OP_ACTION, ...next(Stage.limit)],
  };
  return [
    rule(OFFSET.any, fields, [clone]),
    { ...rule(OFFSET.any, { ...inStage(Stage.limit, "delivery", id), ...type }, leave), meter },
  ];
}

function deliveryKey({ actions, out, truncate, meter }: Detour): string {
  const limit = meter === undefined ? "" : `${meter.rate}${meter.unit}/${meter.owner}`;
  return `${actionsKey(actions)}${out},${truncate ?? ""},${limit}`;
}

function rule(offset: number, fields: MatchInput, actions: readonly ActionSpec[]): FlowSpec {
  const wanted: Match = match(fields);
  const priority = Band.treatment + offset;
  return { table: TAP_TABLE, priority, match: wanted, category: "treatment", actions };
}

function next(stage: number): Action[] {
  const [ofs, nBits] = FIELD.stage;
  return [load("metadata", ofs, nBits, COPY + stage), resubmit()];
}

function multipath(
  fields: number,
  { register, bits, seed }: { readonly register: "reg1" | "reg2"; bits: number; seed: number },
  size: number,
): Action {
  return {
    type: "nxMultipath",
    fields,
    basis: seed,
    algorithm: MODULO_N,
    maxLink: size - 1,
    arg: 0,
    range: { ofs: 0, nBits: bits },
    dst: { field: register, hasMask: false },
  };
}

function load(field: "metadata" | "inPort", ofs: number, nBits: number, value: number): Action {
  const dst = { field, hasMask: false } as const;
  return { type: "nxRegLoad", range: { ofs, nBits }, dst, value: BigInt(value) };
}

/** OFPP_IN_PORT in 16 bits: the port the frame came in by stays what it is. */
function resubmit(): Action {
  return { type: "nxResubmitTable", inPort: 0xfff8, tableId: TAP_TABLE };
}

function claim(claims: StableAllocator, key: string, dpid: Dpid): number {
  const id = claims.acquire(key, dpid);
  if (id === undefined) throw new Error("ids of treatments never run out");
  return id;
}
