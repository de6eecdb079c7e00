// SPDX-License-Identifier: Apache-2.0
import { EtherType } from "../packet/index.ts";

/** A frame with the number of its leading VLAN tags that the switch has parsed. */
export interface ParsedFrame {
  readonly bytes: Uint8Array;
  readonly tags: number;
}

/** Most tags that Open vSwitch keeps for a frame. */
const MOST_TAGS = 2;
/** Offset of the first tag: behind both addresses. */
export const TAGS_AT = 12;
export const TAG_BYTES = 4;
/** The drop eligible bit, in the first byte of a tag's control word. */
const ELIGIBLE = 0x10;

/** A frame as it enters a switch that parses at most so many tags. */
export function parsedFrame(bytes: Uint8Array, limit: number): ParsedFrame {
  let tags = 0;
  while (tags < Math.min(limit, MOST_TAGS) && isTag(bytes, tags)) tags++;
  return { bytes, tags };
}

function isTag(bytes: Uint8Array, index: number): boolean {
  const at = TAGS_AT + index * TAG_BYTES;
  if (bytes.length < at + TAG_BYTES + 2) return false;
  const type = (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);
  return type === EtherType.vlan || type === EtherType.serviceVlan;
}

/** The frame after a tag was pushed: Open vSwitch drops the innermost parsed tag if there is no room. */
export function afterPush(pushed: Uint8Array, before: number): ParsedFrame {
  if (before < MOST_TAGS) return { bytes: pushed, tags: before + 1 };
  const lost = TAGS_AT + MOST_TAGS * TAG_BYTES;
  return { bytes: without(pushed, lost), tags: MOST_TAGS };
}

function without(bytes: Uint8Array, at: number): Uint8Array {
  return Uint8Array.from([...bytes.subarray(0, at), ...bytes.subarray(at + TAG_BYTES)]);
}

/**
 * The frame that the datapath has after Open vSwitch changed its tags from those of `base` to those of
 * `desired`. Open vSwitch compares tags from the innermost parsed one, without their drop eligible bits;
 * it pops those of the frame that differ and pushes the desired ones, whose bits are then clear.
 */
export function written(base: ParsedFrame, desired: ParsedFrame): ParsedFrame {
  let [old, now] = [base.tags, desired.tags];
  while (old > 0 && now > 0 && tagText(base, old - 1) === tagText(desired, now - 1)) {
    old--;
    now--;
  }
  const { bytes } = desired;
  const result = Uint8Array.from(bytes);
  for (let index = 0; index < now; index++) {
    const at = TAGS_AT + index * TAG_BYTES + 2;
    result[at] = (result[at] ?? 0) & ~ELIGIBLE;
  }
  for (let index = now; index < desired.tags; index++) {
    const from = TAGS_AT + (old + index - now) * TAG_BYTES;
    result.set(base.bytes.subarray(from, from + TAG_BYTES), TAGS_AT + index * TAG_BYTES);
  }
  return { bytes: result, tags: desired.tags };
}

function tagText({ bytes }: ParsedFrame, index: number): string {
  const at = TAGS_AT + index * TAG_BYTES;
  const [type, subtype, control = 0, id] = bytes.subarray(at, at + TAG_BYTES);
  return `${type} ${subtype} ${control & ~ELIGIBLE} ${id}`;
}
