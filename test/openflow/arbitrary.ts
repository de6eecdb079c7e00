// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import type { Message, OxmField, OxmId } from "../../src/openflow/index.ts";
import { isWideField, OXM_FIELDS, oxmFieldByName } from "../../src/openflow/index.ts";
import { MESSAGES } from "../../src/openflow/messages/index.ts";
import { NX_ACTIONS } from "../../src/openflow/nicira/actions.ts";
import { bitRangeCodec } from "../../src/openflow/nicira/bit-range.ts";
import { experimenterAction } from "../../src/openflow/nicira/family.ts";
import { oxmCodec, oxmListCodec } from "../../src/openflow/oxm/codec.ts";
import { matchCodec } from "../../src/openflow/oxm/match-codec.ts";
import { oxmIdCodec, shortOxmIdCodec } from "../../src/openflow/oxm/oxm-id.ts";
import type { Codec } from "../../src/openflow/schema/codec.ts";
import type { Layout } from "../../src/openflow/schema/field.ts";
import type { StructPlan } from "../../src/openflow/schema/plan.ts";
import type { Table } from "../../src/openflow/schema/tlv.ts";
import { actionIdsCodec } from "../../src/openflow/structures/action-id.ts";
import { instructionIdsCodec } from "../../src/openflow/structures/instruction-id.ts";

/**
 * Random valid messages, made from the declarations themselves: a field that is declared is a field
 * that is tested. Only what is written by hand (matches, ids, Nicira's irregular actions) has an
 * arbitrary of its own here.
 */

type Any = fc.Arbitrary<unknown>;
type AnyCodec = Codec<unknown>;

const bytes = (maxLength = 24) => fc.uint8Array({ maxLength });
const uint = (bits: number) => fc.maxSafeNat().map((n) => n % 2 ** bits);
const wide = (bits: number) => fc.bigInt({ min: 0n, max: (1n << BigInt(bits)) - 1n });

const knownField: fc.Arbitrary<OxmField> = fc.constantFrom(...OXM_FIELDS).chain((row) => {
  const value = isWideField(row.name) ? wide(row.bits) : uint(row.bits);
  return fc
    .record({ value: value as Any, mask: fc.option(value as Any, { nil: undefined }) })
    .map(({ value, mask }) => ({ field: row.name, value, ...(mask !== undefined && { mask }) }))
    .map((field) => field as OxmField);
});

const unknownField: fc.Arbitrary<OxmField> = fc.oneof(
  fc.record({
    field: fc.constant("unknown" as const),
    oxmClass: fc.integer({ min: 0x7000, max: 0x7fff }),
    code: uint(7),
    hasMask: fc.boolean(),
    data: bytes(16),
  }),
  fc.record({
    field: fc.constant("experimenter" as const),
    experimenter: fc.integer({ min: 0x00abc000, max: 0x00abcfff }),
    code: uint(7),
    hasMask: fc.boolean(),
    data: bytes(16),
  }),
);

/** Any match field. */
const oxmField: fc.Arbitrary<OxmField> = fc.oneof(
  { weight: 5, arbitrary: knownField },
  unknownField,
);

const oxmId: fc.Arbitrary<OxmId> = fc.oneof(
  fc.record({
    field: fc.constantFrom(...OXM_FIELDS.map(({ name }) => name)),
    hasMask: fc.boolean(),
  }),
  fc.record({
    field: fc.constant("unknown" as const),
    oxmClass: fc.integer({ min: 0x7000, max: 0x7fff }),
    code: uint(7),
    hasMask: fc.boolean(),
    length: uint(8),
  }),
);

const hasLongHeader = ({ field }: OxmId) => oxmFieldByName(field)?.experimenter !== undefined;

/** Match fields whose header has 32 bits. */
const shortOxmId = oxmId.filter((id) => !hasLongHeader(id));

const bitRange = fc.record({ ofs: uint(10), nBits: fc.integer({ min: 1, max: 64 }) });

const kindId = (names: readonly string[]) =>
  fc.oneof(
    fc.record({ type: fc.constantFrom(...names) }),
    fc.record({ type: fc.constant("experimenter"), experimenter: uint(32), data: bytes(8) }),
    fc.record({
      type: fc.constant("unknown"),
      code: fc.integer({ min: 0x7000, max: 0x7fff }),
      data: bytes(8),
    }),
  );

const learnField = fc.record({ field: shortOxmId, ofs: uint(16) });
const learnSpec = fc.integer({ min: 1, max: 2047 }).chain((nBits) => {
  const length = 2 * Math.ceil(nBits / 16);
  return fc.record({
    nBits: fc.constant(nBits),
    src: fc.oneof(
      learnField.map((field) => ({ type: "field", ...field })),
      fc
        .uint8Array({ minLength: length, maxLength: length })
        .map((value) => ({ type: "immediate", value })),
    ),
    dst: fc.oneof(
      fc
        .tuple(fc.constantFrom("match", "load"), learnField)
        .map(([type, field]) => ({ type, ...field })),
      fc.constant({ type: "output" }),
    ),
  });
});

const ctZone = fc
  .oneof(
    fc.record({ type: fc.constant("immediate"), value: uint(16) }),
    fc.record({ type: fc.constant("field"), field: shortOxmId, range: bitRange }),
  )
  .filter(
    (zone) => zone.type !== "field" || (zone as { field: OxmId }).field.field !== "nxmInPort",
  );

const nat = fc.record(
  {
    type: fc.constant("nxNat"),
    flags: uint(16),
    ipv4Min: uint(32),
    ipv4Max: uint(32),
    ipv6Min: wide(128),
    ipv6Max: wide(128),
    portMin: uint(16),
    portMax: uint(16),
  },
  { requiredKeys: ["type", "flags"] },
);

const controllerProperty = fc.oneof(
  fc.record({ type: fc.constant("maxLen"), maxLen: uint(16) }),
  fc.record({ type: fc.constant("controllerId"), controllerId: uint(16) }),
  fc.record({
    type: fc.constant("reason"),
    reason: uint(8),
    padding: fc.constant(new Uint8Array(3)),
  }),
  fc.record({ type: fc.constant("userdata"), data: bytes() }),
  fc.constant({ type: "pause" }),
  fc.record({ type: fc.constant("meterId"), meterId: uint(32) }),
);

/** Codecs written by hand, and values for them. */
const HAND_WRITTEN = new Map<unknown, Any>([
  [matchCodec, fc.array(oxmField, { maxLength: 6 })],
  [oxmListCodec, fc.array(oxmField, { maxLength: 6 })],
  [oxmCodec, oxmField],
  [oxmIdCodec, oxmId],
  [shortOxmIdCodec, shortOxmId],
  [bitRangeCodec, bitRange],
  [actionIdsCodec, fc.array(kindId(["output", "group", "setField"]), { maxLength: 4 })],
  [instructionIdsCodec, fc.array(kindId(["gotoTable", "meter"]), { maxLength: 4 })],
  [NX_ACTIONS.nxNat[1], nat],
  [
    NX_ACTIONS.nxDecTtlCntIds[1],
    fc.record({ type: fc.constant("nxDecTtlCntIds"), ids: fc.array(uint(16), { maxLength: 5 }) }),
  ],
  [
    NX_ACTIONS.nxController2[1],
    fc.record({
      type: fc.constant("nxController2"),
      properties: fc.array(controllerProperty, { maxLength: 4 }),
    }),
  ],
]);

/** Opaque data of experimenter actions ends at a multiple of 8. */
const experimenterData = fc
  .integer({ min: 0, max: 3 })
  .chain((words) => fc.uint8Array({ minLength: 8 * words, maxLength: 8 * words }));

function fieldOf(name: string, layout: Layout, depth: number): Any | undefined {
  switch (layout.kind) {
    case "uint":
      return uint(8 * layout.bytes);
    case "wide":
      return wide(8 * layout.bytes);
    case "text":
      return fc.string({ maxLength: 8 }).filter((text) => !text.includes("\0"));
    case "rest":
      return name === "note" ? fc.constant(new Uint8Array([1, 2, 3, 4, 5, 6])) : bytes();
    case "nested":
      return valueFor(name, layout.codec, depth);
    case "tagged":
      return tableOf(layout.codec.table as Table, depth);
    default:
      return undefined;
  }
}

function structOf(plan: StructPlan, depth: number): Any {
  const fields: Record<string, Any> = {};
  if (plan.tag !== undefined) fields[plan.tag.key] = fc.constant(plan.tag.value);
  for (const { name, layout, shown } of plan.members) {
    const arbitrary = shown ? fieldOf(name, layout, depth) : undefined;
    if (arbitrary !== undefined) fields[name] = arbitrary;
  }
  return fc.record(fields);
}

const opaqueAction = fc.record({
  type: fc.constant("experimenter"),
  experimenter: fc.integer({ min: 0x00abc000, max: 0x00abcfff }),
  data: experimenterData,
});

/** Whether a row is an experimenter's action or instruction, whose data is padded to 8 bytes. */
function isOpaque(type: string, codec: AnyCodec): boolean {
  const members = codec.declared?.kind === "struct" ? codec.declared.plan.members : [];
  return type === "experimenter" && members.map(({ name }) => name).join() === "experimenter,data";
}

function tableOf(table: Table, depth: number): Any {
  const rows = Object.entries(table).map(([type, [, codec]]) => {
    if (isOpaque(type, codec as AnyCodec)) return opaqueAction;
    if ((codec as unknown) !== experimenterAction) return valueFor(type, codec as AnyCodec, depth);
    const nicira = Object.values(NX_ACTIONS).map(([, nx]) => valueFor(type, nx as AnyCodec, depth));
    return fc.oneof(opaqueAction, ...nicira);
  });
  return fc.oneof(...rows);
}

function valueFor(name: string, codec: AnyCodec, depth: number): Any {
  const own = HAND_WRITTEN.get(codec);
  if (own !== undefined) return own;
  if (name === "specs") return fc.array(learnSpec, { maxLength: 4 });
  if (name === "zone") return ctZone;
  const { declared } = codec;
  switch (declared?.kind) {
    case "struct":
      return structOf(declared.plan, depth);
    case "tlv":
      return tableOf(declared.table, depth);
    case "uints":
      return fc.array(uint(8 * declared.bytes), { maxLength: 5 });
    case "list":
      return fc.array(valueFor(name, declared.item, depth), { maxLength: 3 });
    case "recursive":
      return recursion(name, declared.get, depth);
    default:
      throw new Error(`no values for ${name}`);
  }
}

/** Messages in messages, and actions in actions: nested once or twice. */
function recursion(name: string, get: () => AnyCodec, depth: number): Any {
  if (name === "message" || name === "request") {
    return depth > 0
      ? fc.constant(null).chain(() => plainMessages(depth - 1))
      : fc.constant(BARRIER);
  }
  return depth > 0 ? valueFor("actions", get(), depth - 1) : fc.constant([]);
}

const BARRIER = { version: 5, type: "barrierRequest", xid: 1 };

function plainMessages(depth: number): fc.Arbitrary<Message> {
  const types = Object.entries(MESSAGES).map(([type, [, codec]]) =>
    valueFor(type, codec as unknown as AnyCodec, depth),
  );
  return fc.oneof(...types).map((message) => ({ ...(message as Message), version: 5 }));
}

/** Any valid OpenFlow 1.4 message. */
export const anyMessage: fc.Arbitrary<Message> = plainMessages(1);

/** Any valid message of one type. */
export function messageOfType<T extends Message["type"]>(
  type: T,
): fc.Arbitrary<Message & { type: T }> {
  const codec = MESSAGES[type][1] as unknown as AnyCodec;
  return valueFor(type, codec, 1).map((message) => ({
    ...(message as Message & { type: T }),
    version: 5,
  }));
}
