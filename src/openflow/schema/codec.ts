// SPDX-License-Identifier: Apache-2.0
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import type { StructPlan } from "./plan.ts";
import type { Table } from "./tlv.ts";

/**
 * Reads and writes one kind of value.
 *
 * `read` starts at the reader's position and stays inside its bounds; `write` appends. Errors carry
 * the path below this value; the enclosing codec adds the name of the field that holds it.
 */
export interface Codec<T> {
  read(reader: Reader): T;
  write(writer: Writer, value: T): void;
  /** The same codec without generated code: the oracle in tests, and the fallback. */
  readonly interpreted: Codec<T>;
  /** The codec's declaration, for tools that walk declarations (tests generate values from it). */
  readonly declared?: Declared;
}

/** The declaration of a codec. */
export type Declared =
  | { readonly kind: "struct"; readonly plan: StructPlan }
  | { readonly kind: "list"; readonly item: Codec<unknown> }
  | { readonly kind: "uints"; readonly bytes: 1 | 4 }
  | { readonly kind: "tlv"; readonly table: Table }
  | { readonly kind: "recursive"; readonly get: () => Codec<unknown> };

/** The value a codec reads and writes. */
export type Infer<C> = C extends { read(reader: Reader): infer T } ? T : never;

/** Builds both forms of a codec that contains other codecs. */
export function derived<T>(
  build: (form: <U>(codec: Codec<U>) => Codec<U>) => Omit<Codec<T>, "interpreted">,
  declared?: Declared,
): Codec<T> {
  const interpreted = plain(build((codec) => codec.interpreted));
  return { ...build((codec) => codec), interpreted, ...(declared && { declared }) };
}

/** A hand-written codec that contains no other: both forms are the same. */
export function plain<T>(codec: Omit<Codec<T>, "interpreted">): Codec<T> {
  const both = { ...codec } as {
    -readonly [K in keyof Codec<T>]: Codec<T>[K];
  };
  both.interpreted = both;
  return both;
}

/** Whether the runtime allows generated functions (not under --disallow-code-generation-from-strings). */
export const canGenerate: boolean = (() => {
  try {
    return new Function("return true")() === true;
  } catch {
    return false;
  }
})();
