// SPDX-License-Identifier: Apache-2.0
import { EncodeError, within } from "../wire/errors.ts";
import { MAX_DEPTH, type Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { checkUint, wrongType } from "./checks.ts";
import { type Codec, derived, plain } from "./codec.ts";

/** Items up to the end of the enclosing structure. Each item must take at least one byte. */
export function list<T>(item: Codec<T>): Codec<readonly T[]> {
  const declared = { kind: "list", item: item as Codec<unknown> } as const;
  return derived<readonly T[]>((form) => {
    const codec = form(item);
    return {
      read(reader: Reader) {
        const items: T[] = [];
        try {
          while (reader.pos < reader.end) items.push(codec.read(reader));
        } catch (error) {
          throw within(error, `[${items.length}]`);
        }
        return items;
      },
      write(writer: Writer, items: readonly T[]) {
        if (!Array.isArray(items)) throw wrongType("", "an array", items);
        let index = 0;
        try {
          for (; index < items.length; index++) codec.write(writer, items[index]);
        } catch (error) {
          throw within(error, `[${index}]`);
        }
      },
    };
  }, declared);
}

/** Unsigned integers of `bytes` bytes up to the end of the enclosing structure. */
export function uints(bytes: 1 | 4): Codec<readonly number[]> {
  const read = (reader: Reader) => (bytes === 1 ? reader.u8() : reader.u32());
  const write = (writer: Writer, value: number) => {
    const checked = checkUint("", value, bytes);
    if (bytes === 1) writer.u8(checked);
    else writer.u32(checked);
  };
  return { ...list(plain({ read, write })), declared: { kind: "uints", bytes } };
}

/**
 * A codec that is resolved on first use, for structures that contain their own kind. Nesting beyond
 * {@link MAX_DEPTH} is an error, so that hostile bytes cannot exhaust the stack.
 */
export function recursive<T>(get: () => Codec<T>): Codec<T> {
  const declared = { kind: "recursive", get: get as () => Codec<unknown> } as const;
  return derived<T>((form) => {
    let codec: Codec<T> | undefined;
    const target = (): Codec<T> => {
      codec ??= form(get());
      return codec;
    };
    return {
      read(reader: Reader) {
        if (reader.depth >= MAX_DEPTH) throw reader.error("too-deep", "nested too deeply");
        reader.depth++;
        const value = target().read(reader);
        reader.depth--;
        return value;
      },
      write(writer: Writer, value: T) {
        if (writer.depth >= MAX_DEPTH) throw new EncodeError("too-deep", "", "nested too deeply");
        writer.depth++;
        target().write(writer, value);
        writer.depth--;
      },
    };
  }, declared);
}
