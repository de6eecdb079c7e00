// SPDX-License-Identifier: Apache-2.0
import { type Codec, derived, type Infer } from "../schema/codec.ts";
import { pad, u16, u32 } from "../schema/field.ts";
import { list } from "../schema/list.ts";
import { EXPERIMENTER, experimenterProperty, PROPERTY, tlv } from "../schema/tlv.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";
import { embeddedMessage } from "./embedded.ts";
import type { Message } from "./index.ts";
import { type Header, type MessageRow, message } from "./message.ts";

const bundlePropertyCodec = tlv(PROPERTY, { experimenter: [EXPERIMENTER, experimenterProperty] });
const bundlePropertiesCodec = list(bundlePropertyCodec);

/** A property of a bundle. */
export type BundleProperty = Infer<typeof bundlePropertyCodec>;

/** Opens, closes, commits or discards a bundle. @spec OpenFlow 1.4.1 §7.3.9.3 */
export const bundleControl = message(33, "bundleControl", {
  bundleId: u32,
  bundleControlType: u16,
  flags: u16,
  properties: bundlePropertiesCodec,
});

/** @spec OpenFlow 1.4.1 §7.3.9.3 */
export const BundleControlType = {
  OpenRequest: 0,
  OpenReply: 1,
  CloseRequest: 2,
  CloseReply: 3,
  CommitRequest: 4,
  CommitReply: 5,
  DiscardRequest: 6,
  DiscardReply: 7,
} as const;

/** @spec OpenFlow 1.4.1 §7.3.9.4 */
export const BundleFlags = { Atomic: 1 << 0, Ordered: 1 << 1 } as const;

/** Adds a message to a bundle; its xid must be that of the message inside. */
export interface BundleAddMessage extends Header {
  readonly type: "bundleAddMessage";
  readonly bundleId: number;
  readonly flags: number;
  readonly message: Message;
  readonly properties: readonly BundleProperty[];
}

/**
 * Properties after an embedded message. It is padded to 8 bytes only when a property follows;
 * every embedded message starts at a multiple of 8 from the start of the outermost one.
 */
const trailingProperties: Codec<readonly BundleProperty[]> = derived((form) => {
  const properties = form(bundlePropertiesCodec);
  return {
    read(reader: Reader) {
      if (reader.pos === reader.end) return [];
      reader.take((reader.origin - reader.pos) & 7);
      return properties.read(reader);
    },
    write(writer: Writer, value: readonly BundleProperty[]) {
      if (Array.isArray(value) && value.length === 0) return;
      writer.zeros((writer.start - writer.pos) & 7);
      properties.write(writer, value);
    },
  };
}, bundlePropertiesCodec.declared);

/** @spec OpenFlow 1.4.1 §7.3.9.6 */
export const bundleAddMessage: MessageRow<BundleAddMessage> = message(34, "bundleAddMessage", {
  bundleId: u32,
  _: pad(2),
  flags: u16,
  message: embeddedMessage,
  properties: trailingProperties,
});
