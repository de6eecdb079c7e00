// SPDX-License-Identifier: Apache-2.0
import { rest, u16, u32 } from "../schema/field.ts";
import { list, uints } from "../schema/list.ts";
import { PROPERTY, tlv } from "../schema/tlv.ts";
import { message } from "./message.ts";

const helloElement = tlv(PROPERTY, {
  /** Bit n of the first word: version n is supported; the second word starts at version 32. */
  versionBitmap: [1, { bitmaps: uints(4) }],
});

/** Opens a connection; `version` is the highest supported one. @spec OpenFlow 1.4.1 §7.5.1 */
export const hello = message(0, "hello", { elements: list(helloElement) });

/** Reports an error; `data` begins with the failed message. @spec OpenFlow 1.4.1 §7.5.4 */
export const error = message(1, "error", { errorType: u16, errorCode: u16, data: rest });

/** Requests an echo. @spec OpenFlow 1.4.1 §7.5.2 */
export const echoRequest = message(2, "echoRequest", { data: rest });

/** Returns the data of an echo request. @spec OpenFlow 1.4.1 §7.5.3 */
export const echoReply = message(3, "echoReply", { data: rest });

/** A message of an experimenter. @spec OpenFlow 1.4.1 §7.5.5 */
export const experimenter = message(4, "experimenter", {
  experimenter: u32,
  expType: u32,
  data: rest,
});
