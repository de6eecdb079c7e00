// SPDX-License-Identifier: Apache-2.0
import { oxmCodec } from "../oxm/codec.ts";
import { oxmIdCodec, shortOxmIdCodec } from "../oxm/oxm-id.ts";
import { checkUint, wrongType } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { pad, rest, u8, u16, u32, u64 } from "../schema/field.ts";
import { variant } from "../schema/struct.ts";
import { type TableUnion, table } from "../schema/tlv.ts";
import type { Action } from "../structures/action.ts";
import { bitRangeCodec } from "./bit-range.ts";
import { nxController2 } from "./controller2.ts";
import { nxCt, nxNat } from "./ct.ts";
import { nxLearn } from "./learn.ts";
import { nestedActions } from "./nested-actions.ts";

/** Executes actions on a copy of the packet. @spec ovs-actions(7), clone */
interface NxClone {
  readonly type: "nxClone";
  readonly actions: readonly Action[];
}

const nxClone: Codec<NxClone> = variant("nxClone", { _: pad(6), actions: nestedActions });

/** Decrements the TTL, and notifies these controllers when it expires. @spec ovs-actions(7), dec_ttl */
interface NxDecTtlCntIds {
  readonly type: "nxDecTtlCntIds";
  readonly ids: readonly number[];
}

const nxDecTtlCntIds: Codec<NxDecTtlCntIds> = plain({
  read(reader) {
    const count = reader.u16();
    reader.take(4);
    if (reader.left < 2 * count) throw reader.error("bad-length", `no room for ${count} ids`);
    return { type: "nxDecTtlCntIds", ids: Array.from({ length: count }, () => reader.u16()) };
  },
  write(writer, { ids }) {
    if (!Array.isArray(ids)) throw wrongType("ids", "an array", ids);
    writer.u16(checkUint("ids.length", ids.length, 2));
    writer.zeros(4);
    for (const [index, id] of ids.entries()) writer.u16(checkUint(`ids[${index}]`, id, 2));
  },
});

const RESUBMIT = { inPort: u16, tableId: u8, _: pad(3) } as const;
const STACK = { ofs: u16, field: oxmIdCodec, nBits: u16 } as const;
const SAMPLE = {
  probability: u16,
  collectorSetId: u32,
  obsDomainId: u32,
  obsPointId: u32,
} as const;
const SAMPLE_PORT = { ...SAMPLE, samplingPort: u16, direction: u8, _: pad(5) } as const;

/**
 * Actions of Nicira (now Open vSwitch), by subtype. Ports are 16-bit OpenFlow 1.0 numbers.
 * @spec ovs-actions(7); Open vSwitch lib/ofp-actions.c
 */
export const NX_ACTIONS = table({
  nxResubmit: [1, RESUBMIT],
  nxSetTunnel: [2, { _: pad(2), tunnelId: u32 }],
  nxSetQueue: [4, { _: pad(2), queueId: u32 }],
  nxPopQueue: [5, { _: pad(6) }],
  nxRegMove: [
    6,
    {
      nBits: u16,
      srcOfs: u16,
      dstOfs: u16,
      src: oxmIdCodec,
      dst: oxmIdCodec,
    },
  ],
  nxRegLoad: [7, { range: bitRangeCodec, dst: shortOxmIdCodec, value: u64 }],
  nxNote: [8, { note: rest }],
  nxSetTunnel64: [9, { _: pad(6), tunnelId: u64 }],
  nxMultipath: [
    10,
    {
      fields: u16,
      basis: u16,
      _1: pad(2),
      algorithm: u16,
      maxLink: u16,
      arg: u32,
      _2: pad(2),
      range: bitRangeCodec,
      dst: shortOxmIdCodec,
    },
  ],
  nxResubmitTable: [14, RESUBMIT],
  nxOutputReg: [15, { range: bitRangeCodec, src: shortOxmIdCodec, maxLen: u16 }],
  nxLearn: [16, nxLearn],
  nxExit: [17, { _: pad(6) }],
  nxDecTtl: [18, { _: pad(6) }],
  nxFinTimeout: [19, { finIdleTimeout: u16, finHardTimeout: u16, _: pad(2) }],
  nxController: [20, { maxLen: u16, controllerId: u16, reason: u8, _: pad(1) }],
  nxDecTtlCntIds: [21, nxDecTtlCntIds],
  nxStackPush: [27, STACK],
  nxStackPop: [28, STACK],
  nxSample: [29, SAMPLE],
  nxOutputReg2: [32, { range: bitRangeCodec, maxLen: u16, src: oxmIdCodec }],
  nxRegLoad2: [33, { field: oxmCodec }],
  nxConjunction: [34, { clause: u8, nClauses: u8, id: u32 }],
  nxCt: [35, nxCt],
  nxNat: [36, nxNat],
  nxController2: [37, nxController2],
  nxSample2: [38, SAMPLE_PORT],
  nxOutputTrunc: [39, { port: u16, maxLen: u32 }],
  nxSample3: [41, SAMPLE_PORT],
  nxClone: [42, nxClone],
  nxCtClear: [43, { _: pad(6) }],
  nxResubmitTableCt: [44, RESUBMIT],
});

/** A Nicira action of Open vSwitch. */
export type NxAction = TableUnion<typeof NX_ACTIONS>;
