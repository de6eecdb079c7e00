// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import {
  type Action,
  canonicalMatch,
  isWideField,
  type KnownOxmField,
  type Match,
  OXM_FIELDS,
  type OxmFieldName,
  type OxmFieldRow,
  Port,
} from "../../../src/openflow/index.ts";

const ETH_TYPES = [0x0800, 0x86dd, 0x0806, 0x8847, 0x8848, 0x88e7, 0x88cc];
const IP_PROTOS = [1, 2, 6, 17, 47, 58, 132];

/** Fields whose text means another field, or that accept few of their values. */
const SPECIAL =
  /^(nxm|xreg|xxreg|packetType|ipFrag|ctState|tunFlags|vlanVid|vlanPcp|ethType|ipProto|icmpv6Type)/;

function makeField(field: OxmFieldName, value: bigint, mask?: bigint): KnownOxmField {
  const convert = isWideField(field) ? (n: bigint) => n : Number;
  return {
    field,
    value: convert(value),
    ...(mask === undefined ? {} : { mask: convert(mask) }),
  } as KnownOxmField;
}

function bits(width: number): fc.Arbitrary<bigint> {
  const max = (1n << BigInt(width)) - 1n;
  return fc.oneof(fc.bigInt({ min: 0n, max }), fc.constantFrom(0n, 1n, max));
}

/** A value of a row, and a mask where Open vSwitch accepts one. */
function fieldOf(row: OxmFieldRow): fc.Arbitrary<KnownOxmField> {
  const mask = row.maskableInOvs
    ? fc.option(bits(row.bits), { nil: undefined })
    : fc.constant(undefined);
  return fc
    .tuple(bits(row.bits), mask)
    .map(([value, masked]) => makeField(row.name, value, masked));
}

function holds(row: OxmFieldRow, given: ReadonlyMap<string, number>): boolean {
  return row.prerequisites.every(({ field, values }) => {
    const value = given.get(field);
    return value !== undefined && (values.length === 0 || values.includes(value));
  });
}

const flagged = (name: OxmFieldName, width: number) =>
  fc.tuple(bits(width), bits(width)).map(([value, mask]) => makeField(name, value, mask));

const vlan = fc.oneof(
  fc.constant([]),
  fc.constant([makeField("vlanVid", 0n)]),
  fc.tuple(bits(13), bits(13)).map(([value, mask]) => [makeField("vlanVid", value, mask)]),
  fc
    .tuple(bits(12), bits(12), bits(3))
    .map(([value, mask, pcp]) => [
      makeField("vlanVid", value | 0x1000n, mask | 0x1000n),
      makeField("vlanPcp", pcp),
    ]),
);

const base = fc.record({
  ethType: fc.option(fc.oneof(fc.constantFrom(...ETH_TYPES), fc.nat(0xffff)), { nil: undefined }),
  ipProto: fc.option(fc.oneof(fc.constantFrom(...IP_PROTOS), fc.nat(0xff)), { nil: undefined }),
  icmpv6Type: fc.option(fc.constantFrom(1, 135, 136), { nil: undefined }),
});

/** Prerequisite fields, each in the context of the one before. */
function decided(chosen: {
  ethType?: number | undefined;
  ipProto?: number | undefined;
  icmpv6Type?: number | undefined;
}) {
  const given = new Map<string, number>();
  const { ethType, ipProto, icmpv6Type } = chosen;
  if (ethType !== undefined) given.set("ethType", ethType);
  const ip = ethType === 0x0800 || ethType === 0x86dd;
  if (ip && ipProto !== undefined) given.set("ipProto", ipProto);
  if (ethType === 0x86dd && ipProto === 58 && icmpv6Type !== undefined)
    given.set("icmpv6Type", icmpv6Type);
  return given;
}

/** Canonical matches whose prerequisites hold. */
export const matches: fc.Arbitrary<Match> = base.chain((chosen) => {
  const given = decided(chosen);
  const rows = OXM_FIELDS.filter((row) => !SPECIAL.test(row.name) && holds(row, given));
  const deciding = [...given].map(([name, value]) =>
    makeField(name as OxmFieldName, BigInt(value)),
  );
  return fc
    .tuple(
      fc.subarray(rows, { maxLength: 8 }).chain((picked) => fc.tuple(...picked.map(fieldOf))),
      vlan,
      fc
        .subarray([...[flagged("ctState", 8), flagged("tunFlags", 1)]])
        .chain((picked) => fc.tuple(...picked)),
    )
    .map(([fields, tag, flags]) => canonicalMatch([...deciding, ...fields, ...tag, ...flags]));
});

const port = fc.oneof(fc.constantFrom(...Object.values(Port)), fc.nat(0xffffff00));
const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);

const settable = OXM_FIELDS.filter(({ name }) => !/^(nxm(?!InPort)|packetType|ipFrag)/.test(name));

const setField: fc.Arbitrary<Action> = fc
  .constantFrom(...settable)
  .chain((row) => bits(row.bits).map((value) => makeField(row.name, value)))
  .map((field) => ({ type: "setField", field }));

/** A part of a register, as used by Open vSwitch's own actions. */
const part = fc.tuple(fc.nat(15), fc.nat(31), fc.nat(31)).map(([register, a, b]) => ({
  field: { field: `reg${register}` as OxmFieldName, hasMask: false },
  ofs: Math.min(a, b),
  nBits: Math.abs(a - b) + 1,
}));

const table = fc.nat(254);
const older = fc.oneof(fc.nat(0xfeff), fc.integer({ min: 0xfff8, max: 0xffff }));

const standard: fc.Arbitrary<Action> = fc.oneof(
  port.chain((to) =>
    (to === Port.Controller ? u16 : fc.constant(0)).map(
      (maxLen): Action => ({ type: "output", port: to, maxLen }),
    ),
  ),
  setField,
  u32.map((groupId): Action => ({ type: "group", groupId })),
  u32.map((queueId): Action => ({ type: "setQueue", queueId })),
  u8.map((ttl): Action => ({ type: "setNwTtl", ttl })),
  u8.map((ttl): Action => ({ type: "setMplsTtl", ttl })),
  fc
    .tuple(fc.constantFrom("pushVlan", "pushMpls", "popMpls", "pushPbb"), u16)
    .map(([type, ethertype]) => ({ type, ethertype }) as Action),
  fc
    .constantFrom("copyTtlOut", "copyTtlIn", "decMplsTtl", "popVlan", "decNwTtl", "popPbb")
    .map((type) => ({ type }) as Action),
  fc
    .tuple(fc.integer({ min: 1, max: 0xffff }), fc.uint8Array({ maxLength: 40 }))
    .map(([experimenter, data]) => ({ experimenter: experimenter + 0x10000, data: padTo8(data) }))
    .map((fields): Action => ({ type: "experimenter", ...fields })),
);

/** Bytes that fill an action of a multiple of 8 bytes after its 8 bytes of header. */
function padTo8(data: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(data.length / 8) * 8);
  padded.set(data);
  return padded;
}

const extended: fc.Arbitrary<Action> = fc.oneof(
  fc
    .tuple(older, table)
    .map(([inPort, tableId]): Action => ({ type: "nxResubmitTable", inPort, tableId })),
  part.chain(({ field, ofs, nBits }) =>
    bits(nBits).map(
      (value): Action => ({ type: "nxRegLoad", range: { ofs, nBits }, dst: field, value }),
    ),
  ),
  fc.tuple(part, fc.nat(15)).map(([{ field, ofs, nBits }, to]): Action => {
    const dst = { field: `reg${to}` as OxmFieldName, hasMask: false };
    return { type: "nxRegMove", nBits, srcOfs: ofs, dstOfs: 32 - nBits, src: field, dst };
  }),
  part.map(
    ({ field, ofs, nBits }): Action => ({
      type: "nxOutputReg",
      range: { ofs, nBits },
      src: field,
      maxLen: 0xffff,
    }),
  ),
  part.map((subfield): Action => ({ type: "nxStackPush", ...subfield })),
  fc.tuple(older, u32).map(([to, maxLen]): Action => ({ type: "nxOutputTrunc", port: to, maxLen })),
  fc
    .tuple(u32, fc.integer({ min: 2, max: 64 }), fc.nat(1))
    .map(([id, nClauses, clause]): Action => ({ type: "nxConjunction", id, clause, nClauses })),
  fc
    .nat(3)
    .chain((words) =>
      fc
        .uint8Array({ minLength: 6 + 8 * words, maxLength: 6 + 8 * words })
        .map((note): Action => ({ type: "nxNote", note })),
    ),
  fc.constantFrom("nxExit", "nxCtClear", "nxPopQueue").map((type) => ({ type }) as Action),
);

/** Actions in the form in which `ovs-ofctl` sends them. */
export const actions: fc.Arbitrary<readonly Action[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: standard },
    { weight: 4, arbitrary: extended },
    {
      weight: 1,
      arbitrary: fc
        .array(fc.oneof(standard, extended), { maxLength: 3 })
        .map((nested): Action => ({ type: "nxClone", actions: nested })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.nat(3), u16, table, fc.array(setField, { maxLength: 2 })).map(
        ([flags, value, recircTable, nested]): Action => ({
          type: "nxCt",
          flags,
          zone: { type: "immediate", value },
          recircTable,
          alg: 0,
          actions: nested,
        }),
      ),
    },
  ),
  { maxLength: 5 },
);
