// SPDX-License-Identifier: Apache-2.0
import { EncodeError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { checkObject, checkUint, structTooLong } from "./checks.ts";
import { type Codec, derived, type Infer } from "./codec.ts";
import { type Members, rest, type TaggedCodec, u32, type Value } from "./field.ts";
import { struct, variant } from "./struct.ts";

/**
 * A row of a union: its code on the wire and the codec of its body. A row for a family (an
 * experimenter's actions share one code) names the further types its codec reads and writes.
 */
type Row = readonly [
  code: number,
  body: Codec<{ readonly type: string }>,
  family?: readonly string[],
];

/** A row as declared: the body may be a struct declaration, and `type` is then the row's key. */
export type DeclaredRow = readonly [
  code: number,
  body: Members | Codec<{ readonly type: string }>,
  family?: readonly string[],
];

/** A well-framed structure of an undeclared type: kept byte for byte. */
export interface Unknown {
  readonly type: "unknown";
  /** The type number on the wire. */
  readonly code: number;
  readonly data: Uint8Array;
}

/** Position of a TLV's padding. */
export interface TlvShape {
  /** `inside`: the length includes the padding; `outside`: it does not. */
  readonly padding: "inside" | "outside";
  /** TLVs start at multiples of this many bytes. */
  readonly align: 1 | 8;
  /** Whether the length precedes the type. */
  readonly lengthFirst?: boolean;
}

const HEADER_BYTES = 4;
const unknownBody = struct({ data: rest }) as Codec<unknown>;

/** A resolved row: the code on the wire and the codec of the body. */
export interface Case {
  readonly code: number;
  readonly codec: Codec<unknown>;
}

/** Codecs by code and by the value's `type`, with a fallback that preserves the bytes. */
export class Cases {
  private readonly byCode = new Map<number, Codec<unknown>>();
  private readonly byType = new Map<unknown, Case>();

  constructor(table: Table, form: <U>(codec: Codec<U>) => Codec<U>) {
    for (const [type, [code, body, family = []]] of Object.entries(table)) {
      const codec = form(body) as Codec<unknown>;
      this.byCode.set(code, codec);
      for (const name of [type, ...family]) this.byType.set(name, { code, codec });
    }
  }

  /** Reads the body for a code. */
  read(reader: Reader, code: number): unknown {
    const codec = this.byCode.get(code);
    return codec === undefined
      ? { type: "unknown", code, data: reader.rest() }
      : codec.read(reader);
  }

  /** The row of a value. @throws EncodeError `unknown-type` */
  caseOf(value: unknown): Case {
    checkObject(value);
    const known = this.byType.get(value.type);
    return known === undefined ? this.unknownCase(value) : known;
  }

  /** A value of type `unknown` must not have a declared code. */
  private unknownCase({ type, code }: Record<string, unknown>): Case {
    if (type !== "unknown") {
      throw new EncodeError("unknown-type", "type", `there is no type ${JSON.stringify(type)}`);
    }
    const checked = checkUint("code", code, 2);
    if (!this.byCode.has(checked)) return { code: checked, codec: unknownBody };
    throw new EncodeError("out-of-range", "code", `${checked} is the code of a known type`);
  }
}

/** A union: each row's key is the `type` of its values. */
export type Table = { readonly [type: string]: Row };

type Flat<T> = { readonly [K in keyof T]: T[K] };

type BodyValue<K, B> = B extends Codec<infer V> ? V : Flat<{ readonly type: K } & Value<B>>;

/** A declared table with a codec in every row. */
export type TableOf<T> = {
  readonly [K in keyof T & string]: T[K] extends readonly [
    infer N extends number,
    infer B,
    ...unknown[],
  ]
    ? readonly [code: N, body: Codec<BodyValue<K, B>>, family?: readonly string[]]
    : never;
};

/** The union of the values of a table's rows. */
export type TableUnion<T extends Table> = Infer<T[keyof T][1]>;

/** Builds the codecs of a table: keys are the discriminants. */
export function table<const T extends { readonly [type: string]: DeclaredRow }>(
  rows: T,
): TableOf<T> {
  const made = Object.entries(rows).map(([type, [code, body, family]]): [string, Row] => {
    const codec = isCodec(body) ? body : variant(type, body);
    return [type, family === undefined ? [code, codec] : [code, codec, family]];
  });
  return Object.fromEntries(made) as TableOf<T>;
}

function isCodec(body: DeclaredRow[1]): body is Codec<{ readonly type: string }> {
  return typeof body.read === "function";
}

/**
 * Type, length, body. A type that is not in the table is kept as {@link Unknown}.
 * The table's keys are the discriminants; padding up to the alignment is implied.
 */
export function tlv<const T extends { readonly [type: string]: DeclaredRow }>(
  shape: TlvShape,
  rows: T,
): Codec<TableUnion<TableOf<T>> | Unknown> {
  const made: Table = table(rows);
  const codec = derived<unknown>(
    (form) => {
      const cases = new Cases(made, form);
      return {
        read: (reader: Reader) => readTlv(reader, shape, cases),
        write: (writer: Writer, value: unknown) => writeTlv(writer, shape, cases, value),
      };
    },
    { kind: "tlv", table: made },
  );
  return codec as Codec<TableUnion<TableOf<T>> | Unknown>;
}

function readTlv(reader: Reader, shape: TlvShape, cases: Cases): unknown {
  const start = reader.take(HEADER_BYTES);
  const first = reader.view.getUint16(start);
  const second = reader.view.getUint16(start + 2);
  const length = shape.lengthFirst ? first : second;
  const inside = shape.padding === "inside";
  if (length < HEADER_BYTES || (inside && length % shape.align !== 0)) {
    throw reader.error("bad-length", `invalid structure length ${length}`, start);
  }
  const outer = reader.narrow(start + length);
  const value = cases.read(reader, shape.lengthFirst ? second : first);
  // Padding up to the alignment is implied; anything longer is an error.
  if (inside && reader.end - reader.pos < shape.align) reader.pos = reader.end;
  reader.close(outer);
  if (!inside) reader.take(-length & (shape.align - 1));
  return value;
}

function writeTlv(writer: Writer, shape: TlvShape, cases: Cases, value: unknown): void {
  const { code, codec } = cases.caseOf(value);
  const start = writer.claim(HEADER_BYTES);
  codec.write(writer, value);
  const body = writer.pos - start;
  const padding = -body & (shape.align - 1);
  if (padding > 0) writer.zeros(padding);
  const length = shape.padding === "inside" ? body + padding : body;
  if (length > 0xffff) throw structTooLong("", length);
  writer.view.setUint16(start, shape.lengthFirst ? length : code);
  writer.view.setUint16(start + 2, shape.lengthFirst ? code : length);
}

/** A union whose code is elsewhere in the enclosing struct (see `tagOf`). */
export function union<const T extends Table>(rows: T): TaggedCodec<TableUnion<T> | Unknown> {
  const build = (form: <U>(codec: Codec<U>) => Codec<U>) => new Cases(rows, form);
  const both = { cases: build((codec) => codec), interpreted: build((codec) => codec.interpreted) };
  return { ...both, table: rows } as unknown as TaggedCodec<TableUnion<T> | Unknown>;
}

/** The fields of an experimenter's property. */
export const EXPERIMENTER_MEMBERS = { experimenter: u32, expType: u32, data: rest } as const;

/** The member of every property list: an experimenter's property. */
export const experimenterProperty = variant("experimenter", EXPERIMENTER_MEMBERS);

/** The type number of experimenter actions, instructions and properties. */
export const EXPERIMENTER = 0xffff;

/** The framing of properties: the length excludes the padding to 8 bytes. */
export const PROPERTY: TlvShape = { padding: "outside", align: 8 };
