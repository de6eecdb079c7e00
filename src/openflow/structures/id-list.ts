// SPDX-License-Identifier: Apache-2.0
import { checkBytes, checkObject, checkUint } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, type Table } from "../schema/tlv.ts";
import { EncodeError } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

/** A kind of action or instruction, named without its parameters. */
export type KindId<N extends string> =
  | { readonly type: N }
  | { readonly type: "experimenter"; readonly experimenter: number; readonly data: Uint8Array }
  | { readonly type: "unknown"; readonly code: number; readonly data: Uint8Array };

const HEADER_BYTES = 4;

function readId(reader: Reader, names: ReadonlyMap<number, string>): KindId<string> {
  const start = reader.take(HEADER_BYTES);
  const code = reader.view.getUint16(start);
  const length = reader.view.getUint16(start + 2);
  if (length < HEADER_BYTES) throw reader.error("bad-length", `length ${length}`, start + 2);
  const outer = reader.narrow(start + length);
  const value = readIdBody(reader, code, length, names);
  reader.close(outer);
  return value;
}

function readIdBody(
  reader: Reader,
  code: number,
  length: number,
  names: ReadonlyMap<number, string>,
): KindId<string> {
  if (code === EXPERIMENTER) {
    return { type: "experimenter", experimenter: reader.u32(), data: reader.rest() };
  }
  const name = names.get(code);
  if (name !== undefined && length === HEADER_BYTES) return { type: name };
  return { type: "unknown", code, data: reader.rest() };
}

function writeId(writer: Writer, id: KindId<string>, codes: ReadonlyMap<string, number>): void {
  checkObject(id);
  const start = writer.claim(HEADER_BYTES);
  let code = codes.get(id.type);
  if (code === undefined) {
    const { type, data } = id as Partial<Extract<KindId<never>, { data: Uint8Array }>>;
    if (type === "experimenter") {
      code = EXPERIMENTER;
      writer.u32(checkUint("experimenter", (id as { experimenter?: unknown }).experimenter, 4));
    } else if (type === "unknown") {
      code = checkUint("code", (id as { code?: unknown }).code, 2);
      if (code === EXPERIMENTER)
        throw new EncodeError("out-of-range", "code", "is the code of an experimenter");
    } else {
      throw new EncodeError("unknown-type", "type", `there is no type ${JSON.stringify(type)}`);
    }
    writer.bytes(checkBytes("data", data));
  }
  writer.view.setUint16(start, code);
  writer.view.setUint16(start + 2, writer.pos - start);
}

/** Ids up to the end of the bounds; the names and type numbers are those of `table`. */
export function idList<T extends Table>(
  table: T,
): Codec<readonly KindId<Exclude<keyof T & string, "experimenter">>[]> {
  const rows = Object.entries(table).filter(([name]) => name !== "experimenter");
  const codes = new Map(rows.map(([name, [code]]) => [name, code]));
  const names = new Map(rows.map(([name, [code]]) => [code, name]));
  const item = plain<KindId<string>>({
    read: (reader) => readId(reader, names),
    write: (writer, id) => writeId(writer, id, codes),
  });
  return list(item) as Codec<readonly KindId<Exclude<keyof T & string, "experimenter">>[]>;
}
