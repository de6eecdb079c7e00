// SPDX-License-Identifier: Apache-2.0
import {
  type Action,
  type Instruction,
  type LearnSpec,
  NICIRA,
  type OxmField,
  type OxmId,
  type RegisterBit,
} from "../../openflow/index.ts";

/** How an entry uses bits of a field: it depends on them, or changes them. */
interface FieldUse {
  readonly kind: "reads" | "writes";
  /** The name of the field; "unknown" for one that is not in the codec's table, which is no register. */
  readonly field: string;
  readonly ofs: number;
  readonly nBits: number;
  /** What is written there; undefined: it depends on the packet. */
  readonly value?: bigint;
}

/** An action or an instruction of which the codec knows neither fields nor bits. */
type Use = FieldUse | "unknown";

/**
 * Nicira's actions that the codec does not decode, by subtype, and that use no bits of registers or metadata but by
 * a hash or a load that the packet does not decide: bundle, bundle_load, encap, decap, dec_nsh_ttl,
 * check_pkt_larger, delete_field.
 * @spec Open vSwitch lib/ofp-actions.c
 */
const HARMLESS_SUBTYPES: ReadonlySet<number> = new Set([12, 13, 46, 47, 48, 49, 50]);

/** The bit of 64 or 128-bit registers that a bit of a register is, too. @spec ovs-fields(7), registers */
export function placesOf({ register, bit }: RegisterBit): ReadonlyMap<string, number> {
  return new Map([
    [`reg${register}`, bit],
    // The first of the registers that a wider one overlays is its high part.
    [`xreg${register >> 1}`, bit + 32 * (1 - (register % 2))],
    [`xxreg${register >> 2}`, bit + 32 * (3 - (register % 4))],
  ]);
}

/** The place of the bit of metadata that copies have on their way through a treatment. */
export const COPY_BIT: ReadonlyMap<string, number> = new Map([["metadata", 63]]);

/** Whether a match depends on a bit. */
export function matchesOn(
  match: readonly OxmField[],
  places: ReadonlyMap<string, number>,
): boolean {
  return match.some((item) => {
    const place = places.get(item.field);
    if (place === undefined || !("value" in item)) return false;
    return item.mask === undefined || isSet(BigInt(item.mask), place);
  });
}

/** What instructions do with a bit, in no order. */
export function instructionUses(
  instructions: readonly Instruction[],
  places: ReadonlyMap<string, number>,
): ReadonlySet<BitUse> {
  return within(usesOfAll(instructions), places);
}

/** What actions do with a bit, in no order. */
export function actionUses(
  actions: readonly Action[],
  places: ReadonlyMap<string, number>,
): ReadonlySet<BitUse> {
  return within(usesOf(actions), places);
}

/** `sets`: may make it one. `unknown`: what an action does is not known. */
export type BitUse = "reads" | "sets" | "unknown";

function within(uses: Iterable<Use>, places: ReadonlyMap<string, number>): ReadonlySet<BitUse> {
  const found = new Set<BitUse>();
  for (const use of uses) {
    if (use === "unknown") found.add(use);
    else {
      const place = (places.get(use.field) ?? -1) - use.ofs;
      if (place < 0 || place >= use.nBits) continue;
      if (use.kind === "reads") found.add("reads");
      else if (use.value === undefined || isSet(use.value, place)) found.add("sets");
    }
  }
  return found;
}

function isSet(value: bigint, place: number): boolean {
  return ((value >> BigInt(place)) & 1n) === 1n;
}

function* usesOfAll(instructions: readonly Instruction[]): Iterable<Use> {
  for (const each of instructions) {
    switch (each.type) {
      case "applyActions":
      case "writeActions":
        yield* usesOf(each.actions);
        break;
      case "writeMetadata":
        yield* written("metadata", each.metadata, each.metadataMask);
        break;
      case "experimenter":
      case "unknown":
        yield "unknown";
        break;
      default:
    }
  }
}

function* usesOf(actions: readonly Action[]): Iterable<Use> {
  for (const action of actions) yield* usesOfOne(action);
}

function* usesOfOne(action: Action): Iterable<Use> {
  switch (action.type) {
    case "nxRegMove": {
      const { src, srcOfs, dst, dstOfs, nBits } = action;
      yield reads(src, srcOfs, nBits);
      yield writes(dst, dstOfs, nBits);
      break;
    }
    case "nxRegLoad":
      yield { ...writes(action.dst, action.range.ofs, action.range.nBits), value: action.value };
      break;
    case "nxRegLoad2":
    case "setField":
      yield* setting(action.field);
      break;
    case "nxMultipath":
      yield writes(action.dst, action.range.ofs, action.range.nBits);
      break;
    case "nxOutputReg":
    case "nxOutputReg2":
      yield reads(action.src, action.range.ofs, action.range.nBits);
      break;
    case "nxStackPush":
      yield reads(action.field, action.ofs, action.nBits);
      break;
    case "nxStackPop":
      yield writes(action.field, action.ofs, action.nBits);
      break;
    case "nxLearn":
      for (const spec of action.specs) yield* learning(spec);
      break;
    case "nxCt":
      if (action.zone.type === "field") {
        const { field, range } = action.zone;
        yield reads(field, range.ofs, range.nBits);
      }
      yield* usesOf(action.actions);
      break;
    case "nxClone":
      yield* usesOf(action.actions);
      break;
    case "experimenter":
      if (!isHarmless(action)) yield "unknown";
      break;
    case "unknown":
      yield "unknown";
      break;
    default:
  }
}

/** Bits that a learned entry matches are read by it. */
function* learning({ src, dst, nBits }: LearnSpec): Iterable<Use> {
  if (src.type === "field") yield reads(src.field, src.ofs, nBits);
  if (dst.type === "match") yield reads(dst.field, dst.ofs, nBits);
  if (dst.type === "load") yield writes(dst.field, dst.ofs, nBits);
}

function* setting(field: OxmField): Iterable<Use> {
  if ("value" in field) yield* written(field.field, field.value, field.mask);
}

function* written(
  field: string,
  value: number | bigint,
  mask: number | bigint | undefined,
): Iterable<Use> {
  const bits = BigInt(value) & (mask === undefined ? -1n : BigInt(mask));
  yield { kind: "writes", field, ofs: 0, nBits: 128, value: bits };
}

function reads({ field }: OxmId, ofs: number, nBits: number): FieldUse {
  return { kind: "reads", field, ofs, nBits };
}

function writes({ field }: OxmId, ofs: number, nBits: number): FieldUse {
  return { kind: "writes", field, ofs, nBits };
}

function isHarmless({ experimenter, data }: Extract<Action, { type: "experimenter" }>): boolean {
  const [high = 0, low = 0] = data;
  return experimenter === NICIRA && data.length >= 2 && HARMLESS_SUBTYPES.has(high * 256 + low);
}
