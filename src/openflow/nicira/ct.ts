// SPDX-License-Identifier: Apache-2.0
import { type OxmId, shortOxmIdCodec } from "../oxm/oxm-id.ts";
import { checkObject, checkUint, checkWide } from "../schema/checks.ts";
import { type Codec, plain } from "../schema/codec.ts";
import { pad, u8, u16 } from "../schema/field.ts";
import { variant } from "../schema/struct.ts";
import type { Action } from "../structures/action.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { type BitRange, bitRangeCodec } from "./bit-range.ts";
import { nestedActions } from "./nested-actions.ts";

/** A connection tracking zone: a constant, or some bits of a field. */
export type CtZone =
  | { readonly type: "immediate"; readonly value: number }
  | { readonly type: "field"; readonly field: OxmId; readonly range: BitRange };

const zoneCodec: Codec<CtZone> = plain({
  read(reader: Reader): CtZone {
    const immediate = reader.view.getUint32(reader.take(4)) === 0;
    if (immediate) return { type: "immediate", value: reader.u16() };
    reader.pos -= 4;
    return {
      type: "field",
      field: shortOxmIdCodec.read(reader),
      range: bitRangeCodec.read(reader),
    };
  },
  write(writer: Writer, zone: CtZone): void {
    checkObject(zone);
    if (zone.type === "immediate") {
      writer.u32(0);
      writer.u16(checkUint("value", zone.value, 2));
      return;
    }
    shortOxmIdCodec.write(writer, zone.field);
    bitRangeCodec.write(writer, zone.range);
  },
});

/** Sends the packet through connection tracking. @spec ovs-actions(7), ct */
export interface NxCt {
  readonly type: "nxCt";
  /** Bit 0: commit; bit 1: force. */
  readonly flags: number;
  readonly zone: CtZone;
  /** Table where processing continues; 255: none. */
  readonly recircTable: number;
  /** Port of the helper (21: ftp, 69: tftp; 0: none). */
  readonly alg: number;
  /** Actions executed in connection tracking: nat, and loads to ct_mark and ct_label. */
  readonly actions: readonly Action[];
}

/** @spec ovs-actions(7), ct */
export const nxCt: Codec<NxCt> = variant("nxCt", {
  flags: u16,
  zone: zoneCodec,
  recircTable: u8,
  _: pad(3),
  alg: u16,
  actions: nestedActions,
});

/** Rewrites addresses, inside {@link NxCt}. @spec ovs-actions(7), nat */
export interface NxNat {
  readonly type: "nxNat";
  /** Bit 0: source; bit 1: destination; bit 2: persistent; bit 3: hash; bit 4: random. */
  readonly flags: number;
  readonly ipv4Min?: number;
  readonly ipv4Max?: number;
  readonly ipv6Min?: bigint;
  readonly ipv6Max?: bigint;
  readonly portMin?: number;
  readonly portMax?: number;
}

/** Optional values of {@link NxNat} by presence bit, in wire order. */
const NAT_RANGE = [
  ["ipv4Min", 4],
  ["ipv4Max", 4],
  ["ipv6Min", 16],
  ["ipv6Max", 16],
  ["portMin", 2],
  ["portMax", 2],
] as const;

/** @spec ovs-actions(7), nat */
export const nxNat: Codec<NxNat> = plain({
  read(reader: Reader): NxNat {
    reader.take(2);
    const value: Record<string, unknown> = { type: "nxNat", flags: reader.u16() };
    const present = reader.u16();
    if (present >= 1 << NAT_RANGE.length) throw reader.error("bad-value", `range bits ${present}`);
    for (const [index, [name, bytes]] of NAT_RANGE.entries()) {
      if ((present & (1 << index)) === 0) continue;
      if (bytes === 16) value[name] = reader.u128();
      else value[name] = bytes === 4 ? reader.u32() : reader.u16();
    }
    return value as unknown as NxNat;
  },
  write(writer: Writer, value: NxNat): void {
    writer.zeros(2);
    writer.u16(checkUint("flags", value.flags, 2));
    const presentAt = writer.claim(2);
    let present = 0;
    for (const [index, [name, bytes]] of NAT_RANGE.entries()) {
      if (value[name] === undefined) continue;
      present |= 1 << index;
      if (bytes === 16) writer.u128At(writer.claim(16), checkWide(name, value[name], 16));
      else if (bytes === 4) writer.u32(checkUint(name, value[name], 4));
      else writer.u16(checkUint(name, value[name], 2));
    }
    writer.view.setUint16(presentAt, present);
  },
});
