// SPDX-License-Identifier: Apache-2.0
import type { Codec } from "../schema/codec.ts";
import { plain } from "../schema/codec.ts";
import { recursive } from "../schema/list.ts";
import type { Reader } from "../wire/reader.ts";
import type { Message } from "./index.ts";

let anyMessage: Codec<Message> | undefined;

/** Sets the codec of messages inside messages. Called once, at load. */
export function bindAnyMessage(codec: Codec<Message>): void {
  anyMessage = codec;
}

function bound(): Codec<Message> {
  if (anyMessage === undefined) throw new Error("the message table is not loaded");
  return anyMessage;
}

/** A message inside a message, with the length in its own header. */
export const embeddedMessage: Codec<Message> = recursive(() => {
  const codec = bound();
  const framed = (form: Codec<Message>): Omit<Codec<Message>, "interpreted"> => ({
    read(reader: Reader): Message {
      if (reader.left < 8) throw reader.error("truncated", "no room for a message", reader.end);
      const outer = reader.narrow(reader.pos + reader.view.getUint16(reader.pos + 2));
      const value = form.read(reader);
      reader.close(outer);
      return value;
    },
    write: (writer, value) => form.write(writer, value),
  });
  return { ...framed(codec), interpreted: plain(framed(codec.interpreted)) };
});
