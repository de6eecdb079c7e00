// SPDX-License-Identifier: Apache-2.0
import type { OxmField } from "../openflow/index.ts";

/** A field's value: a number up to 48 bits, a bigint above, as the codec has it. */
export type Bits = number | bigint;

const REGISTER = /^(x{0,2})reg(\d+)$/;
const BITS = [32, 64, 128] as const;

/**
 * The fields of a frame besides its bytes while it is in a switch's tables: metadata, registers, tunnel
 * fields. Immutable. Registers of 64 and 128 bits overlay those of 32 bits; the first one is the high
 * half. @spec ovs-fields(7)
 */
export class PipelineFields {
  static readonly none = new PipelineFields(new Map());
  readonly #values: ReadonlyMap<string, bigint>;

  private constructor(values: ReadonlyMap<string, bigint>) {
    this.#values = values;
  }

  /** Every field starts as zero. */
  get(name: string): bigint {
    const parts = registersOf(name);
    if (parts === undefined) return this.#values.get(name) ?? 0n;
    return parts.reduce((value, part) => (value << 32n) | (this.#values.get(part) ?? 0n), 0n);
  }

  with(name: string, value: bigint): PipelineFields {
    const values = new Map(this.#values);
    const parts = registersOf(name) ?? [name];
    let rest = value;
    for (const part of parts.toReversed()) {
      values.set(part, parts.length === 1 ? rest : rest & 0xffffffffn);
      rest >>= 32n;
    }
    return new PipelineFields(values);
  }

  /** The fields that are not zero. */
  get entries(): readonly (readonly [string, bigint])[] {
    return [...this.#values].filter(([, value]) => value !== 0n);
  }
}

/** The 32-bit registers that a register overlays, the high one first; undefined for other fields. */
function registersOf(name: string): readonly string[] | undefined {
  const found = REGISTER.exec(name);
  if (found === null) return undefined;
  const width = (BITS[found[1]?.length ?? 0] ?? 32) / 32;
  const first = Number(found[2]) * width;
  return Array.from({ length: width }, (_, index) => `reg${first + index}`);
}

/** Whether a frame's value of a field satisfies one field of a match. */
export function satisfies(value: Bits, item: OxmField): boolean {
  if (!("value" in item)) return false;
  const { value: required, mask } = item;
  if (mask === undefined) {
    return typeof value === typeof required
      ? value === required
      : BigInt(value) === BigInt(required);
  }
  if (typeof value === "number" && typeof mask === "number" && typeof required === "number") {
    return and48(value, mask) === required;
  }
  return (BigInt(value) & BigInt(mask)) === BigInt(required);
}

const TWO_32 = 2 ** 32;

/** JavaScript's own operators truncate numbers to 32 bits; bigints are ten times slower. */
function and48(a: number, b: number): number {
  const high = (Math.floor(a / TWO_32) & Math.floor(b / TWO_32)) * TWO_32;
  return high + ((a & b) >>> 0);
}
