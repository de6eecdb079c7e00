// SPDX-License-Identifier: Apache-2.0
/** Fields of the metadata value of a copy in a treatment hop: first bit and number of bits. */
export const FIELD = {
  stage: [60, 4],
  sample: [44, 16],
  share: [28, 16],
  delivery: [0, 28],
} as const;

type MetadataField = keyof typeof FIELD;

/** The highest bit of the stage field: set for every copy in a treatment hop. */
export const COPY = 8;

export const Stage = { hash: 0, sample: 1, balance: 2, deliver: 3, limit: 4, preview: 5 } as const;

/** The values of the fields other than the stage; 0: the copy needs no such decision. */
export interface TreatmentIds {
  readonly sample: number;
  readonly share: number;
  readonly delivery: number;
}

/** The metadata value of a copy at a stage. */
export function metadataOf(stage: number, { sample, share, delivery }: TreatmentIds): bigint {
  return (
    shifted("stage", COPY + stage) |
    shifted("sample", sample) |
    shifted("share", share) |
    shifted("delivery", delivery)
  );
}

/** A match on copies at a stage; with a field: on those with one value in it. */
export function inStage(
  stage: number,
  field?: MetadataField,
  value = 0,
): { readonly metadata: { readonly value: bigint; readonly mask: bigint } } {
  const bits = shifted("stage", COPY + stage);
  return field === undefined
    ? { metadata: { value: bits, mask: maskOf("stage") } }
    : { metadata: { value: bits | shifted(field, value), mask: maskOf("stage", field) } };
}

/** A match on all copies in a treatment hop. */
export function inAnyStage(): {
  readonly metadata: { readonly value: bigint; readonly mask: bigint };
} {
  const bit = shifted("stage", COPY);
  return { metadata: { value: bit, mask: bit } };
}

function shifted(field: MetadataField, value: number): bigint {
  return BigInt(value) << BigInt(FIELD[field][0]);
}

function maskOf(...fields: readonly MetadataField[]): bigint {
  return fields.map((field) => shifted(field, 2 ** FIELD[field][1] - 1)).reduce((a, b) => a | b);
}
