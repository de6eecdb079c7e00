// SPDX-License-Identifier: Apache-2.0
import type { ExperimenterOxmField, UnknownOxmField } from "../../oxm/codec.ts";
import { bytesText, hex, parseBytes, parseSmall } from "../values/numbers.ts";
import { type Item, items, type Located } from "../values/scanner.ts";
import { badSyntax, missing } from "../values/text-error.ts";

/** An unknown field, with all its bytes: `oxm(class=0x8003,field=5,data=0102)`. */
export function formatUnknown(field: UnknownOxmField | ExperimenterOxmField): string {
  const owner =
    field.field === "unknown"
      ? `class=${hex(field.oxmClass)}`
      : `experimenter=${hex(field.experimenter)}`;
  const mask = field.hasMask ? ",mask" : "";
  return `oxm(${owner},field=${field.code}${mask},data=${bytesText(field.data)})`;
}

const EXAMPLE = "oxm(class=0x8003,field=5,data=0102)";

/** The named arguments of a structure in brackets. */
export function namedArguments(item: Item): ReadonlyMap<string, Located | undefined> {
  if (item.value === undefined) return new Map();
  return new Map(items(item.value).map(({ key, value }) => [key.text, value]));
}

/** A number among named arguments; undefined if absent. */
export function namedNumber(
  given: ReadonlyMap<string, Located | undefined>,
  name: string,
  bits: number,
): number | undefined {
  const text = given.get(name);
  return text === undefined ? undefined : parseSmall(text.text, text.offset, bits);
}

/** Bytes among named arguments. @throws TextError `bad-syntax`, `missing` */
export function namedBytes(
  given: ReadonlyMap<string, Located | undefined>,
  name: string,
  item: Item,
): Uint8Array {
  const text = given.get(name);
  const bytes = parseBytes(text?.text ?? "");
  if (bytes !== undefined) return bytes;
  throw badSyntax(
    text?.offset ?? item.key.offset,
    "these are not bytes",
    "write pairs of hexadecimal digits",
  );
}

/** The inverse of {@link formatUnknown}. @throws TextError */
export function parseUnknown(item: Item): UnknownOxmField | ExperimenterOxmField {
  const given = namedArguments(item);
  const oxmClass = namedNumber(given, "class", 16);
  const experimenter = namedNumber(given, "experimenter", 32);
  const code = namedNumber(given, "field", 7);
  if (code === undefined || (oxmClass === undefined) === (experimenter === undefined)) {
    throw missing(
      item.key.offset,
      "an unknown field needs a class or experimenter, and a field",
      `write it like ${EXAMPLE}`,
    );
  }
  const rest = { code, hasMask: given.has("mask"), data: namedBytes(given, "data", item) };
  if (experimenter !== undefined) return { field: "experimenter", experimenter, ...rest };
  return { field: "unknown", oxmClass: oxmClass ?? 0, ...rest };
}
