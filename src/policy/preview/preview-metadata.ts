// SPDX-License-Identifier: Apache-2.0
import { inStage, metadataOf, Stage } from "../compile/emit/treatment-metadata.ts";

/** What the metadata of a previewed copy says. */
interface PreviewMetadata {
  /** The number of the preview, below `PREVIEW_NUMBERS`. */
  readonly number: number;
  /** Bytes of the copy that the monitor gets; 0: all. */
  readonly truncate: number;
}

/** How many numbers previews can have: the field has 28 bits. */
export const PREVIEW_NUMBERS = 2 ** 28;

/** Bits 44 to 59 hold the truncation; the switch does not cut what it sends to the controller. */
const TRUNCATION = { shift: 44n, mask: 0xffffn };
const NUMBER_MASK = BigInt(PREVIEW_NUMBERS - 1);
const STAGE = metadataOf(Stage.preview, { sample: 0, share: 0, delivery: 0 });

/** The metadata of a previewed copy. It is beside that of treatment hops: no frame from a port has any. */
export function previewMetadata({ number, truncate }: PreviewMetadata): bigint {
  return metadataOf(Stage.preview, { sample: truncate, share: 0, delivery: number });
}

/** Reads the metadata of a previewed copy; undefined: it is not that of one. */
export function readPreviewMetadata(value: bigint): PreviewMetadata | undefined {
  const number = value & NUMBER_MASK;
  const truncate = (value >> TRUNCATION.shift) & TRUNCATION.mask;
  const read = { number: Number(number), truncate: Number(truncate) };
  return (value & STAGE) === STAGE && previewMetadata(read) === value ? read : undefined;
}

/** A match on the copies of one preview; without a number: on those of all previews. */
export function inPreview(number?: number) {
  return number === undefined ? inStage(Stage.preview) : inStage(Stage.preview, "delivery", number);
}
