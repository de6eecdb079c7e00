// SPDX-License-Identifier: Apache-2.0
import { multipartReplyBody, multipartRequestBody } from "../../multipart/index.ts";
import { pad, tagged, tagOf, u16 } from "../../schema/field.ts";
import { message } from "../message.ts";

/** Requests statistics or descriptions that may be long. @spec OpenFlow 1.4.1 §7.3.5 */
export const multipartRequest = message(18, "multipartRequest", {
  _type: tagOf("multipart"),
  flags: u16,
  _: pad(4),
  multipart: tagged(multipartRequestBody),
});

/** One part of the reply; the More flag means that another follows. @spec OpenFlow 1.4.1 §7.3.5 */
export const multipartReply = message(19, "multipartReply", {
  _type: tagOf("multipart"),
  flags: u16,
  _: pad(4),
  multipart: tagged(multipartReplyBody),
});

/** @spec OpenFlow 1.4.1 §7.3.5 */
export const MultipartFlags = { More: 1 } as const;
