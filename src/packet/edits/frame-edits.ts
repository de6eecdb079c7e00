// SPDX-License-Identifier: Apache-2.0
import { bigEndian, concatBytes, viewOf } from "../bytes.ts";
import { EtherType } from "../numbers.ts";
import { withIpDestination } from "./ip-edits.ts";

/** Header fields that {@link withFrameField} can write. */
export type EditableField = "ethDst" | "ethSrc" | "vlanVid" | "vlanPcp" | "ipv4Dst" | "ipv6Dst";

const ADDRESSES = { ethDst: 0, ethSrc: 6 } as const;
/** Offset of a tag: behind both addresses. */
const TAG_AT = 12;
const TAG_LENGTH = 4;

/** Whether a header field can be written by {@link withFrameField}. */
export function isEditable(field: string): field is EditableField {
  return (
    field in ADDRESSES ||
    field === "vlanVid" ||
    field === "vlanPcp" ||
    field === "ipv4Dst" ||
    field === "ipv6Dst"
  );
}

/**
 * A frame with one field set, as by a switch's set_field; checksums over an IP address are corrected.
 *
 * @param value as on the wire; for `vlanVid` with the bit 0x1000.
 * @throws RangeError for a VLAN field of a frame without a tag.
 */
export function withFrameField(
  bytes: Uint8Array,
  field: EditableField,
  value: number | bigint,
): Uint8Array {
  if (field === "ipv4Dst" || field === "ipv6Dst") return withIpDestination(bytes, field, value);
  const edited = Uint8Array.from(bytes);
  if (field === "ethDst" || field === "ethSrc") {
    edited.set(bigEndian(value, 6), ADDRESSES[field]);
    return edited;
  }
  if (!isTagged(bytes)) throw new RangeError(`${field} of a frame without a tag`);
  const view = viewOf(edited);
  const control = view.getUint16(TAG_AT + 2);
  const number = Number(value);
  const set = field === "vlanVid" ? (control & 0xf000) | (number & 0xfff) : control & 0x1fff;
  view.setUint16(TAG_AT + 2, field === "vlanVid" ? set : set | (number << 13));
  return edited;
}

/** A frame with a new outer tag of VLAN 0 and priority 0, whatever its next tag is. */
export function pushedVlan(bytes: Uint8Array, etherType: number): Uint8Array {
  const tag = bigEndian(etherType * 0x10000, TAG_LENGTH);
  return concatBytes(bytes.subarray(0, TAG_AT), tag, bytes.subarray(TAG_AT));
}

/** A frame without its outer tag; the frame itself if it has none. */
export function poppedVlan(bytes: Uint8Array): Uint8Array {
  if (!isTagged(bytes)) return bytes;
  return concatBytes(bytes.subarray(0, TAG_AT), bytes.subarray(TAG_AT + TAG_LENGTH));
}

function isTagged(bytes: Uint8Array): boolean {
  if (bytes.length < TAG_AT + TAG_LENGTH + 2) return false;
  const type = viewOf(bytes).getUint16(TAG_AT);
  return type === EtherType.vlan || type === EtherType.serviceVlan;
}
