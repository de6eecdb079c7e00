// SPDX-License-Identifier: Apache-2.0
import { embeddedMessage } from "./embedded.ts";
import type { Message } from "./index.ts";
import { type Header, type MessageRow, message } from "./message.ts";

/** Another controller's group-mod or meter-mod. */
export interface RequestForward extends Header {
  readonly type: "requestForward";
  readonly request: Message;
}

/** @spec OpenFlow 1.4.1 §7.4.6 */
export const requestForward: MessageRow<RequestForward> = message(32, "requestForward", {
  request: embeddedMessage,
});
