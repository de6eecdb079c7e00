// SPDX-License-Identifier: Apache-2.0
import { wrongType } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { within } from "../wire/errors.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import type { OxmField } from "./oxm-field.ts";

export type {
  ExperimenterOxmField,
  KnownOxmField,
  NarrowOxmField,
  OxmField,
  UnknownOxmField,
} from "./oxm-field.ts";

import { readOxm } from "./read.ts";
import { writeOxm } from "./write.ts";

/** One OXM TLV. */
export const oxmCodec: Codec<OxmField> = plain({ read: readOxm, write: writeOxm });

/** OXM TLVs up to the end of the bounds, in wire order. */
export const oxmListCodec: Codec<readonly OxmField[]> = plain({
  read(reader: Reader) {
    const fields: OxmField[] = [];
    try {
      while (reader.pos < reader.end) fields.push(readOxm(reader));
    } catch (error) {
      throw within(error, `[${fields.length}]`);
    }
    return fields;
  },
  write(writer: Writer, fields: readonly OxmField[]) {
    if (!Array.isArray(fields)) throw wrongType("", "an array of match fields", fields);
    let index = 0;
    try {
      for (; index < fields.length; index++) writeOxm(writer, fields[index] as OxmField);
    } catch (error) {
      throw within(error, `[${index}]`);
    }
  },
});
