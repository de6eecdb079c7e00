// SPDX-License-Identifier: Apache-2.0
import { type OxmId, shortOxmIdCodec } from "../oxm/oxm-id.ts";
import { checkBytes, checkObject, checkUint, wrongType } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { pad, u8, u16, u64 } from "../schema/field.ts";
import { variant } from "../schema/struct.ts";
import { EncodeError, within } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

/** Some bits of a field of the packet. */
export interface LearnField {
  readonly field: OxmId;
  readonly ofs: number;
}

/** One instruction for building the learned flow entry. */
export interface LearnSpec {
  /** 1 to 2047. */
  readonly nBits: number;
  /** Where the bits come from: the packet, or this constant (left-padded to 16-bit words). */
  readonly src:
    | ({ readonly type: "field" } & LearnField)
    | { readonly type: "immediate"; readonly value: Uint8Array };
  /** Their use in the learned entry: match, load into a field, or output port. */
  readonly dst: ({ readonly type: "match" | "load" } & LearnField) | { readonly type: "output" };
}

const IMMEDIATE = 1 << 13;
const DESTINATIONS = ["match", "load", "output"] as const;

function readField(reader: Reader): LearnField {
  return { field: shortOxmIdCodec.read(reader), ofs: reader.u16() };
}

function writeField(writer: Writer, value: LearnField): void {
  shortOxmIdCodec.write(writer, value.field);
  writer.u16(checkUint("ofs", value.ofs, 2));
}

function readSpec(reader: Reader, header: number): LearnSpec {
  const destination = DESTINATIONS[(header >> 11) & 3];
  const nBits = header & 0x7ff;
  if (destination === undefined || header > 0x3fff || nBits === 0) {
    throw reader.error("bad-value", `learn spec ${header} is of an unknown kind`, reader.pos - 2);
  }
  const src: LearnSpec["src"] =
    (header & IMMEDIATE) === 0
      ? { type: "field", ...readField(reader) }
      : { type: "immediate", value: reader.bytes(immediateBytes(nBits)) };
  const dst: LearnSpec["dst"] =
    destination === "output" ? { type: "output" } : { type: destination, ...readField(reader) };
  return { nBits, src, dst };
}

function immediateBytes(nBits: number): number {
  return 2 * Math.ceil(nBits / 16);
}

function writeSpec(writer: Writer, spec: LearnSpec): void {
  checkObject(spec);
  const nBits = checkUint("nBits", spec.nBits, 2);
  if (nBits < 1 || nBits > 0x7ff) {
    throw new EncodeError("out-of-range", "nBits", `expected 1 to 2047, got ${nBits}`);
  }
  const destination = DESTINATIONS.indexOf(spec.dst?.type);
  if (destination < 0) throw new EncodeError("unknown-type", "dst.type", "unknown kind");
  const immediate = spec.src?.type === "immediate";
  writer.u16((immediate ? IMMEDIATE : 0) | (destination << 11) | nBits);
  if (spec.src?.type === "immediate") {
    writer.bytes(checkBytes("src.value", spec.src.value, immediateBytes(nBits)));
  } else if (spec.src?.type === "field") writeField(writer, spec.src);
  else throw new EncodeError("unknown-type", "src.type", "unknown kind");
  if (spec.dst.type !== "output") writeField(writer, spec.dst);
}

/** Specs up to a header of 0 (padding) or the end of the action. */
const specsCodec: Codec<readonly LearnSpec[]> = plain({
  read(reader) {
    const specs: LearnSpec[] = [];
    try {
      while (reader.left >= 2) {
        const header = reader.u16();
        if (header === 0) {
          reader.pos -= 2;
          break;
        }
        specs.push(readSpec(reader, header));
      }
    } catch (error) {
      throw within(error, `[${specs.length}]`);
    }
    return specs;
  },
  write(writer, specs) {
    if (!Array.isArray(specs)) throw wrongType("", "an array", specs);
    for (const [index, spec] of specs.entries()) {
      try {
        writeSpec(writer, spec);
      } catch (error) {
        throw within(error, `[${index}]`);
      }
    }
  },
});

/** Adds or modifies a flow entry built from the packet. @spec ovs-actions(7), learn */
export const nxLearn = variant("nxLearn", {
  idleTimeout: u16,
  hardTimeout: u16,
  priority: u16,
  cookie: u64,
  flags: u16,
  tableId: u8,
  _: pad(1),
  finIdleTimeout: u16,
  finHardTimeout: u16,
  specs: specsCodec,
});
