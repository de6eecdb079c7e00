// SPDX-License-Identifier: Apache-2.0
import type { Codec } from "../schema/codec.ts";
import { constant, type Members, selfLength, u8, u32, type Value } from "../schema/field.ts";
import { variant } from "../schema/struct.ts";

/** The wire version byte of OpenFlow 1.4. */
export const OFP_VERSION = 0x05;

/** The members of every message. */
export interface Header {
  /** Wire version: 5 for OpenFlow 1.4. */
  readonly version: number;
  /** Transaction id: a reply has that of its request. */
  readonly xid: number;
}

/** A declared message: its type number and the codec of the whole message. */
export type MessageRow<T> = readonly [code: number, body: Codec<T>];

type Flat<T> = { readonly [K in keyof T]: T[K] };

/**
 * Declares a message: header and body in one struct.
 * @spec OpenFlow 1.4.1 §7.1.1
 */
export function message<const K extends string, const M extends Members>(
  code: number,
  type: K,
  body: M,
): MessageRow<
  Flat<{ readonly version: number; readonly type: K; readonly xid: number } & Value<M>>
> {
  const header = {
    version: u8,
    _messageType: constant(1, code),
    _messageLength: selfLength,
    xid: u32,
  };
  const clash = Object.keys(body).find((name) => name in header);
  if (clash !== undefined) throw new Error(`${type}.${clash} is a header field`);
  const codec = variant(type, { ...header, ...body }, 1);
  return [
    code,
    codec as unknown as Codec<Flat<{ version: number; type: K; xid: number } & Value<M>>>,
  ];
}
