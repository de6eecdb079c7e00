// SPDX-License-Identifier: Apache-2.0
import type { Reader } from "../wire/reader.ts";
import type { Codec } from "./codec.ts";

declare const phantom: unique symbol;

/** Wire layout of one field of a struct. */
export type Layout =
  | { readonly kind: "uint"; readonly bytes: 1 | 2 | 4 | 6 }
  | { readonly kind: "wide"; readonly bytes: 8 }
  | { readonly kind: "text"; readonly bytes: number }
  | { readonly kind: "pad"; readonly bytes: number }
  | { readonly kind: "constant"; readonly bytes: 1 | 2 | 4; readonly value: number }
  | { readonly kind: "selfLength"; readonly bytes: 2 }
  | { readonly kind: "lengthOf"; readonly bytes: 2; readonly of: string }
  | { readonly kind: "tagOf"; readonly bytes: 2; readonly of: string }
  | { readonly kind: "rest" }
  | { readonly kind: "nested"; readonly codec: Codec<unknown> }
  | { readonly kind: "tagged"; readonly codec: TaggedCodec<unknown> };

/** A field that appears in the value as a `T`. */
export interface Field<T> {
  readonly layout: Layout;
  readonly [phantom]?: (value: T) => T;
}

/** A field that exists only on the wire: padding, lengths, discriminants. */
export interface Hidden {
  readonly layout: Layout;
  readonly hidden: true;
}

/** A codec for values whose discriminant is elsewhere in the struct. */
export interface TaggedCodec<T> {
  /** The rows of its declaration. */
  readonly table: Readonly<
    Record<
      string,
      readonly [code: number, body: Codec<{ readonly type: string }>, family?: readonly string[]]
    >
  >;
  readonly cases: TaggedForm<T>;
  readonly interpreted: TaggedForm<T>;
}

/** One form (generated or not) of a {@link TaggedCodec}. */
interface TaggedForm<T> {
  /** Reads the body behind a code on the wire. */
  read(reader: Reader, code: number): T;
  /** The code and body codec for a value. @throws EncodeError `unknown-type` */
  caseOf(value: T): { readonly code: number; readonly codec: Codec<T> };
}

function field<T>(layout: Layout): Field<T> {
  return { layout };
}

function hidden(layout: Layout): Hidden {
  return { layout, hidden: true };
}

/** Unsigned integers, as numbers. */
export const u8: Field<number> = field({ kind: "uint", bytes: 1 });
export const u16: Field<number> = field({ kind: "uint", bytes: 2 });
export const u32: Field<number> = field({ kind: "uint", bytes: 4 });
/** Six bytes: a MAC address. */
export const u48: Field<number> = field({ kind: "uint", bytes: 6 });
/** Unsigned integers, as bigints. */
export const u64: Field<bigint> = field({ kind: "wide", bytes: 8 });

/** Text in a field of `bytes` bytes, padded with NUL. */
export const text = (bytes: number): Field<string> => field({ kind: "text", bytes });

/** Every byte up to the end of the enclosing structure. */
export const rest: Field<Uint8Array> = field({ kind: "rest" });

/** `bytes` zeros, ignored when read. Its key must start with `_`. */
export const pad = (bytes: number): Hidden => hidden({ kind: "pad", bytes });

/** A constant number. */
export const constant = (bytes: 1 | 2 | 4, value: number): Hidden =>
  hidden({ kind: "constant", bytes, value });

/** Length in bytes of the enclosing struct, 16 bits. */
export const selfLength: Hidden = hidden({ kind: "selfLength", bytes: 2 });

/** Length in bytes of a later field of the same struct, 16 bits. */
export const lengthOf = (of: string): Hidden => hidden({ kind: "lengthOf", bytes: 2, of });

/** Discriminant (16 bits) of a later field made with {@link tagged}. */
export const tagOf = (of: string): Hidden => hidden({ kind: "tagOf", bytes: 2, of });

/** A value whose codec is chosen by a {@link tagOf} field. */
export const tagged = <T>(codec: TaggedCodec<T>): Field<T> =>
  field({ kind: "tagged", codec: codec as TaggedCodec<unknown> });

/** A struct declaration: key order is wire order. */
export type Members = { readonly [name: string]: unknown };

type MemberValue<M> =
  M extends Codec<infer T>
    ? T
    : M extends { readonly [phantom]?: (value: infer T) => unknown }
      ? T
      : never;

/** The value type of a struct declaration, without its hidden fields. */
export type Value<M> = {
  readonly [K in keyof M as M[K] extends Hidden ? never : K]: MemberValue<M[K]>;
};

/** The wire layout of a member. */
export function layoutOf(member: unknown): Layout {
  const candidate = member as Partial<Field<unknown>> & Partial<Codec<unknown>>;
  if (candidate.layout !== undefined) return candidate.layout;
  return { kind: "nested", codec: member as Codec<unknown> };
}
