// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { buildFrame, type FrameFields } from "../../src/packet/index.ts";

/** What no field describes: more tags, the drop eligible bit, lengths that contradict the frame. */
export interface FrameShape {
  /** Tags below the outer one, or all of an untagged frame's, each with its Ethernet type. */
  readonly tags: readonly (readonly [type: number, control: number])[];
  /** Whether the outer tag is a service tag. */
  readonly isService: boolean;
  /** Whether the drop eligible bit of the outer tag is set. */
  readonly isEligible: boolean;
  /** The length in the IP header. */
  readonly length: "right" | "beyond" | "extension";
}

export const PLAIN_SHAPE: FrameShape = {
  tags: [],
  isService: false,
  isEligible: false,
  length: "right",
};

const DEI = 0x1000;

const tagArb = fc.tuple(fc.constantFrom(0x8100, 0x88a8), fc.constantFrom(200, DEI + 200, 0x6007));

/** Most frames are plain. */
export const shapeArb: fc.Arbitrary<FrameShape> = fc.oneof(
  { weight: 3, arbitrary: fc.constant(PLAIN_SHAPE) },
  {
    weight: 2,
    arbitrary: fc.record({
      tags: fc.array(tagArb, { maxLength: 2 }),
      isService: fc.boolean(),
      isEligible: fc.boolean(),
      length: fc.constant("right" as const),
    }),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom("beyond" as const, "extension" as const)
      .map((length) => ({ ...PLAIN_SHAPE, length })),
  },
);

/** A frame with these fields, changed to this shape. Inner tags exist only below an outer one. */
export function shapedFrame(
  fields: Partial<FrameFields>,
  { tags, isService, isEligible, length }: FrameShape,
): Uint8Array {
  const bytes = contradicting(buildFrame(fields), length);
  const isTagged = bytes[12] === 0x81 && bytes[13] === 0;
  if (!isTagged) return bytes;
  const outer = [...bytes.subarray(12, 16)];
  if (isService) outer.splice(0, 2, 0x88, 0xa8);
  if (isEligible) outer[2] = (outer[2] ?? 0) | 0x10;
  const inner = tags.flatMap(([type, control]) => [
    ...[type >> 8, type & 0xff, control >> 8, control & 0xff],
  ]);
  return Uint8Array.from([...bytes.subarray(0, 12), ...outer, ...inner, ...bytes.subarray(16)]);
}

/** A frame whose IP header gives more bytes than there are, or whose extension header is cut off. */
function contradicting(bytes: Uint8Array, length: FrameShape["length"]): Uint8Array {
  if (length === "right") return bytes;
  const changed = bytes.slice();
  const view = new DataView(changed.buffer);
  const at = view.getUint16(12) === 0x8100 ? 18 : 14;
  const type = view.getUint16(at - 2);
  if (type === 0x0800) view.setUint16(at + 2, 0x4000);
  else if (type !== 0x86dd) return bytes;
  else if (length === "beyond") view.setUint16(at + 4, 0x4000);
  else {
    // A hop-by-hop header that is longer than the packet.
    view.setUint8(at + 6, 0);
    view.setUint8(at + 41, 0xff);
  }
  return changed;
}
