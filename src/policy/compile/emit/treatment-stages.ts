// SPDX-License-Identifier: Apache-2.0
import {
  type ActionSpec,
  Band,
  type FlowSpec,
  type MeterSpec,
  TAP_TABLE,
} from "../../../flow-model/index.ts";
import { type Action, type MatchInput, match, resubmit } from "../../../openflow/index.ts";
import { BALANCE_PARTS, blocksOf, type Part } from "../../model/balance.ts";
import { SAMPLE_PARTS } from "../../model/treatment.ts";
import { FORCE_CLONE, outputActions } from "./output-actions.ts";
import { COPY, FIELD, inAnyStage, inStage, Stage } from "./treatment-metadata.ts";

/** How copies leave their tap point after the decisions by flow. */
export interface TreatedDelivery {
  /** Marks the copy for its path. */
  readonly actions: readonly Action[];
  /** The Ethernet type of the copies, if the marking actions require one; undefined: any. */
  readonly ethType: number | undefined;
  /** The number of the port by which it leaves. */
  readonly out: number;
  /** Bytes that leave; undefined: all. */
  readonly truncate: number | undefined;
  /** Copies above this rate are dropped; undefined: none. */
  readonly meter: MeterSpec | undefined;
  /** Whether later buckets get the frame as it came, whatever `actions` do to it. */
  readonly isIsolated: boolean;
}

/** Registers that hold the hashes, and the seeds that make the hashes independent. */
const SAMPLE_HASH = { register: "reg1", bits: 16, seed: 1 } as const;
const BALANCE_HASH = { register: "reg2", bits: 12, seed: 2 } as const;

/** Numbers of `multipath`. @spec Open vSwitch include/openflow/nicira-ext.h, nx_hash_fields */
const HashOf = { symmetricL4: 1, symmetricL3L4Udp: 3, symmetricL3: 6 } as const;
const MODULO_N = 0;

const OFFSET = { guard: 0, any: 1, ip: 2, fragment: 3 } as const;

/** Drops copies that no rule of a stage accepts: they must not match rules for other frames. */
export function guardRules(): FlowSpec[] {
  return [rule(OFFSET.guard, inAnyStage(), [])];
}

/** Computes the hashes; skips the decision stages that a copy does not need. */
export function hashRules(): FlowSpec[] {
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

/** Accepts the flows with the lowest hashes: a larger sample contains a smaller one. */
export function sampleRules(sample: number): FlowSpec[] {
  return blocksOf([{ first: 0, last: sample - 1 }], SAMPLE_HASH.bits).map((block) => {
    const fields = { ...inStage(Stage.sample, "sample", sample), [SAMPLE_HASH.register]: block };
    return rule(OFFSET.any, fields, next(Stage.balance));
  });
}

/** Accepts the flows of a share. */
export function shareRules(id: number, share: readonly Part[]): FlowSpec[] {
  return blocksOf(share, BALANCE_HASH.bits).map((block) => {
    const fields = { ...inStage(Stage.balance, "share", id), [BALANCE_HASH.register]: block };
    return rule(OFFSET.any, fields, next(Stage.deliver));
  });
}

/**
 * Outputs a copy. A metered copy passes the table once more, in a clone: when a meter drops a packet,
 * the datapath also skips everything that it would have done with the packet afterwards, including
 * the copies for other monitors. An isolated copy is made in a clone for what it changes.
 */
export function deliveryRules(
  id: number,
  { actions, ethType, out, truncate, meter, isIsolated }: TreatedDelivery,
): FlowSpec[] {
  const type = ethType === undefined ? {} : { ethType };
  const fields = { ...inStage(Stage.deliver, "delivery", id), ...type };
  // The copy may leave by its ingress port, and a truncating output does not accept IN_PORT.
  const leave = [load("inPort", 0, 32, 0), ...actions, ...outputActions(out, truncate)];
  if (meter === undefined) {
    return [rule(OFFSET.any, fields, isIsolated ? [inClone(leave)] : leave)];
  }
  return [
    rule(OFFSET.any, fields, [inClone(next(Stage.limit))]),
    { ...rule(OFFSET.any, { ...inStage(Stage.limit, "delivery", id), ...type }, leave), meter },
  ];
}

function inClone(actions: readonly Action[]): Action {
  return { type: "nxClone", actions: [FORCE_CLONE, ...actions] };
}

function rule(offset: number, fields: MatchInput, actions: readonly ActionSpec[]): FlowSpec {
  const priority = Band.treatment + offset;
  return { table: TAP_TABLE, priority, match: match(fields), category: "treatment", actions };
}

function next(stage: number): Action[] {
  const [ofs, nBits] = FIELD.stage;
  return [load("metadata", ofs, nBits, COPY + stage), resubmit(TAP_TABLE)];
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
