// SPDX-License-Identifier: Apache-2.0
import type { Infer } from "../schema/codec.ts";
import { getAsyncReply, getAsyncRequest, setAsync } from "./async.ts";
import { bundleAddMessage, bundleControl } from "./bundle.ts";
import { flowMod, flowRemoved } from "./flow.ts";
import { groupMod } from "./group.ts";
import { meterMod } from "./meter.ts";
import { multipartReply, multipartRequest } from "./multipart/multipart.ts";
import { packetIn, packetOut } from "./packet.ts";
import { portMod, portStatus } from "./port.ts";
import { requestForward } from "./request-forward.ts";
import { roleReply, roleRequest, roleStatus } from "./role.ts";
import {
  barrierReply,
  barrierRequest,
  featuresReply,
  featuresRequest,
  getConfigReply,
  getConfigRequest,
  setConfig,
} from "./switch.ts";
import { echoReply, echoRequest, error, experimenter, hello } from "./symmetric.ts";
import { tableMod, tableStatus } from "./table.ts";

/** Every message of OpenFlow 1.4. To add a message, add a line. */
export const MESSAGES = {
  hello,
  error,
  echoRequest,
  echoReply,
  experimenter,
  featuresRequest,
  featuresReply,
  getConfigRequest,
  getConfigReply,
  setConfig,
  packetIn,
  flowRemoved,
  portStatus,
  packetOut,
  flowMod,
  groupMod,
  portMod,
  tableMod,
  multipartRequest,
  multipartReply,
  barrierRequest,
  barrierReply,
  roleRequest,
  roleReply,
  getAsyncRequest,
  getAsyncReply,
  setAsync,
  meterMod,
  roleStatus,
  tableStatus,
  requestForward,
  bundleControl,
  bundleAddMessage,
} as const;

/** The name of a message type. */
export type MessageType = keyof typeof MESSAGES;

/** The message of a type. */
export type MessageOf<T extends MessageType> = Infer<(typeof MESSAGES)[T][1]>;

/** Any OpenFlow message, discriminated by `type`. */
export type Message = { [T in MessageType]: MessageOf<T> }[MessageType];
