// SPDX-License-Identifier: Apache-2.0
import { type Action, actionCodec } from "../../structures/action.ts";
import { Reader } from "../../wire/reader.ts";
import { Writer } from "../../wire/writer.ts";
import { namedArguments, namedBytes, namedNumber } from "../fields/unknown-field.ts";
import { bytesText, hex } from "../values/numbers.ts";
import type { Item } from "../values/scanner.ts";
import { badValue, missing } from "../values/text-error.ts";

/**
 * Actions without a text form in `ovs-ofctl`, with all their bytes: `experimenter(id=0x2320,data=…)`
 * and `unknown(type=99,data=…)`. No action is lost in a dump, even one that is in the codec but not in
 * the tables of this folder.
 */
const EXPERIMENTER = 0xffff;
const HEADER_BYTES = 4;

/** Any action by its bytes. */
export function formatRaw(action: Action): string {
  const writer = new Writer();
  writer.begin();
  actionCodec.write(writer, action);
  const bytes = writer.finish();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const type = view.getUint16(0);
  if (type !== EXPERIMENTER)
    return `unknown(type=${type},data=${bytesText(bytes.subarray(HEADER_BYTES))})`;
  const id = view.getUint32(HEADER_BYTES);
  return `experimenter(id=${hex(id)},data=${bytesText(bytes.subarray(2 * HEADER_BYTES))})`;
}

/** The action encoded in bytes, of a known type if possible. */
function decode(action: Action, item: Item): Action {
  try {
    const writer = new Writer();
    writer.begin();
    actionCodec.write(writer, action);
    return actionCodec.read(new Reader(writer.finish().slice()));
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw badValue(
      item.key.offset,
      `these bytes are not an action: ${detail}`,
      "check the number of bytes",
    );
  }
}

/** The inverse of {@link formatRaw} for experimenters. @throws TextError */
export function readExperimenter(item: Item): Action {
  const given = namedArguments(item);
  const experimenter = namedNumber(given, "id", 32);
  if (experimenter !== undefined) {
    return decode(
      { type: "experimenter", experimenter, data: namedBytes(given, "data", item) },
      item,
    );
  }
  const remedy = "write experimenter(id=0x2320,data=00ff)";
  throw missing(item.key.offset, "an experimenter's action needs an id and bytes", remedy);
}

/** The inverse of {@link formatRaw} for undeclared types. @throws TextError */
export function readUnknown(item: Item): Action {
  const given = namedArguments(item);
  const code = namedNumber(given, "type", 16);
  if (code !== undefined) {
    return decode({ type: "unknown", code, data: namedBytes(given, "data", item) }, item);
  }
  const remedy = "write unknown(type=99,data=00ff)";
  throw missing(item.key.offset, "an unknown action needs a type and bytes", remedy);
}
