// SPDX-License-Identifier: Apache-2.0
import { type Codec, plain } from "../schema/codec.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { oxmListCodec } from "./codec.ts";
import type { OxmField } from "./oxm-field.ts";

/** A match: its fields in wire order. An empty match covers every packet. */
export type Match = readonly OxmField[];

const OXM_MATCH = 1;
const HEADER_BYTES = 4;

/**
 * ofp_match: type, length (without the padding), fields, padding to 8 bytes.
 * @spec OpenFlow 1.4.1 §7.2.3.1
 */
export const matchCodec: Codec<Match> = plain({
  read(reader: Reader) {
    const start = reader.take(HEADER_BYTES);
    const type = reader.view.getUint16(start);
    if (type !== OXM_MATCH) throw reader.error("bad-value", `match type ${type} is not OXM`, start);
    const length = reader.view.getUint16(start + 2);
    if (length < HEADER_BYTES)
      throw reader.error("bad-length", `match length ${length}`, start + 2);
    const outer = reader.narrow(start + length);
    const fields = oxmListCodec.read(reader);
    reader.close(outer);
    reader.take(-length & 7);
    return fields;
  },
  write(writer: Writer, fields: Match) {
    const start = writer.claim(HEADER_BYTES);
    oxmListCodec.write(writer, fields);
    const length = writer.pos - start;
    writer.view.setUint16(start, OXM_MATCH);
    writer.view.setUint16(start + 2, length);
    const padding = -length & 7;
    if (padding > 0) writer.zeros(padding);
  },
});
