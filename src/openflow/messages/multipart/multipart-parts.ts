// SPDX-License-Identifier: Apache-2.0
import { EncodeError } from "../../wire/errors.ts";
import { encodeMessage } from "../codec.ts";
import type { MessageOf } from "../index.ts";
import { MultipartFlags } from "./multipart.ts";

type MultipartMessage = MessageOf<"multipartRequest"> | MessageOf<"multipartReply">;
type Body = MultipartMessage["multipart"];

/** The key of a body's only member, if that is a list. */
function listKey(body: Body): string | undefined {
  const keys = Object.keys(body).filter((key) => key !== "type");
  const [key] = keys;
  if (keys.length !== 1 || key === undefined) return undefined;
  return Array.isArray((body as Record<string, unknown>)[key]) ? key : undefined;
}

function itemsOf(body: Body, key: string): readonly unknown[] {
  return (body as unknown as Record<string, readonly unknown[]>)[key] ?? [];
}

function joinBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/**
 * Joins the parts of one multipart reply (same xid and type) into one message without the More flag.
 * Lists and opaque bodies (experimenter, unknown) are concatenated.
 * @throws RangeError when there are no parts, or their types differ
 */
export function joinMultipart<M extends MultipartMessage>(parts: readonly M[]): M {
  const [first] = parts;
  if (first === undefined) throw new RangeError("no parts to join");
  if (parts.some(({ multipart }) => multipart.type !== first.multipart.type)) {
    throw new RangeError("parts of different multipart types");
  }
  const whole = { ...first, flags: first.flags & ~MultipartFlags.More };
  if (parts.length === 1) return whole;
  const key = listKey(first.multipart);
  if (key !== undefined) {
    const items = parts.flatMap(({ multipart }) => itemsOf(multipart, key));
    return { ...whole, multipart: { ...first.multipart, [key]: items } };
  }
  const data = parts.flatMap(({ multipart }) => ("data" in multipart ? [multipart.data] : []));
  if (data.length === 0) return whole;
  return { ...whole, multipart: { ...first.multipart, data: joinBytes(data) } };
}

function fits(message: MultipartMessage, maxBytes: number): boolean {
  try {
    return encodeMessage(message).length <= maxBytes;
  } catch (error) {
    if (error instanceof EncodeError && error.code === "too-long") return false;
    throw error;
  }
}

function flagged<M extends MultipartMessage>(message: M, more: boolean): M {
  const { More } = MultipartFlags;
  return { ...message, flags: more ? message.flags | More : message.flags & ~More };
}

function halves<M extends MultipartMessage>(message: M, maxBytes: number): M[] {
  if (fits(message, maxBytes)) return [message];
  const key = listKey(message.multipart);
  const items = key === undefined ? [] : itemsOf(message.multipart, key);
  if (key === undefined || items.length < 2) {
    throw new EncodeError("too-long", "multipart", `one entry alone exceeds ${maxBytes} bytes`);
  }
  const middle = items.length >> 1;
  return [items.slice(0, middle), items.slice(middle)].flatMap((half) =>
    halves({ ...message, multipart: { ...message.multipart, [key]: half } }, maxBytes),
  );
}

/**
 * Splits a multipart message into messages of at most `maxBytes` bytes, all but the last with the
 * More flag.
 * @throws EncodeError `too-long` when a single entry does not fit
 */
export function splitMultipart<M extends MultipartMessage>(message: M, maxBytes = 0xffff): M[] {
  const parts = halves(message, maxBytes);
  return parts.map((part, index) => flagged(part, index < parts.length - 1));
}

/**
 * Collects the parts of multipart replies, by xid.
 *
 * A peer that never ends a reply cannot make it exceed `maxParts` parts (of 64 KiB), nor leave more than
 * `maxAnswers` unfinished: the part over a limit throws, and its reply is forgotten.
 */
export class MultipartAssembler {
  private readonly pending = new Map<number, MessageOf<"multipartReply">[]>();
  private readonly maxParts: number;
  private readonly maxAnswers: number;

  constructor(limits: { readonly maxParts?: number; readonly maxAnswers?: number } = {}) {
    this.maxParts = limits.maxParts ?? 4096;
    this.maxAnswers = limits.maxAnswers ?? 64;
  }

  /**
   * Adds a part; returns the whole reply with its last part, and undefined before.
   * @throws RangeError over a limit, or when parts of one xid differ in type
   */
  push(part: MessageOf<"multipartReply">): MessageOf<"multipartReply"> | undefined {
    const parts = this.pending.get(part.xid) ?? [];
    this.pending.delete(part.xid);
    parts.push(part);
    if ((part.flags & MultipartFlags.More) === 0) return joinMultipart(parts);
    if (parts.length >= this.maxParts) {
      throw new RangeError(`multipart reply of more than ${this.maxParts} parts`);
    }
    if (this.pending.size >= this.maxAnswers) {
      throw new RangeError(`more than ${this.maxAnswers} unfinished multipart replies`);
    }
    this.pending.set(part.xid, parts);
    return undefined;
  }

  /** Forgets the parts of a reply that is no longer expected. */
  forget(xid: number): void {
    this.pending.delete(xid);
  }
}
