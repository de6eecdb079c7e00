// SPDX-License-Identifier: Apache-2.0
import { checkBytes, checkUint } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { pad, rest } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { variant } from "../schema/struct.ts";
import { PROPERTY, tlv } from "../schema/tlv.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

/** A property that is one number. */
type NumberProperty<K extends string> = { readonly type: K } & { readonly [key in K]: number } & {
  /** Padding that the property's length includes (by os-ken, not by Open vSwitch). */
  readonly padding?: Uint8Array;
};

function numberProperty<const K extends string>(
  type: K,
  bytes: 1 | 2 | 4,
): Codec<NumberProperty<K>> {
  const codec = plain({
    read(reader: Reader) {
      const value = bytes === 1 ? reader.u8() : bytes === 2 ? reader.u16() : reader.u32();
      const padding = reader.left > 0 ? { padding: reader.rest() } : {};
      return { type, [type]: value, ...padding };
    },
    write(writer: Writer, property: Readonly<Record<string, unknown>>) {
      const value = checkUint(type, property[type], bytes);
      if (bytes === 1) writer.u8(value);
      else if (bytes === 2) writer.u16(value);
      else writer.u32(value);
      if (property.padding !== undefined) writer.bytes(checkBytes("padding", property.padding));
    },
  });
  return codec as unknown as Codec<NumberProperty<K>>;
}

const property = tlv(PROPERTY, {
  maxLen: [0, numberProperty("maxLen", 2)],
  controllerId: [1, numberProperty("controllerId", 2)],
  reason: [2, numberProperty("reason", 1)],
  userdata: [3, { data: rest }],
  pause: [4, {}],
  meterId: [5, numberProperty("meterId", 4)],
});

/** Sends the packet to a controller. @spec ovs-actions(7), controller */
export const nxController2 = variant("nxController2", { _: pad(6), properties: list(property) });
