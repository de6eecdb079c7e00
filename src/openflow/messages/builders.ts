// SPDX-License-Identifier: Apache-2.0
import type { MultipartReplyBody, MultipartRequestBody } from "../multipart/index.ts";
import { type MatchInput, match } from "../oxm/match.ts";
import type { Match } from "../oxm/match-codec.ts";
import { MeterFlags } from "../structures/band.ts";
import { GroupType } from "../structures/bucket.ts";
import { GroupId, NO_BUFFER, Port, TableId } from "../structures/reserved.ts";
import { BundleFlags } from "./bundle.ts";
import { FlowModCommand } from "./flow.ts";
import { GroupModCommand } from "./group.ts";
import type { Message, MessageOf, MessageType } from "./index.ts";
import { OFP_VERSION } from "./message.ts";
import { MeterModCommand } from "./meter.ts";

/** The fields of a message, all optional. */
type Fields<T extends MessageType> = Partial<Omit<MessageOf<T>, "type">>;

const HEADER = { version: OFP_VERSION, xid: 0 } as const;
const NO_BYTES = new Uint8Array(0);

/** A match, or its fields by name. */
function toMatch(given: Match | MatchInput | undefined): Match {
  if (given === undefined) return [];
  return Array.isArray(given) ? (given as Match) : match(given as MatchInput);
}

/** A hello that offers `versions` (wire versions, by default 1.4 alone). */
export function hello(
  fields: Fields<"hello"> & { readonly versions?: readonly number[] } = {},
): MessageOf<"hello"> {
  const { versions = [OFP_VERSION], ...rest } = fields;
  const bitmaps = new Array<number>(Math.floor(Math.max(0, ...versions) / 32) + 1).fill(0);
  for (const version of versions) {
    const word = Math.floor(version / 32);
    bitmaps[word] = ((bitmaps[word] ?? 0) | (1 << (version % 32))) >>> 0;
  }
  const elements = [{ type: "versionBitmap", bitmaps }] as const;
  return { ...HEADER, type: "hello", elements, ...rest };
}

/** Wire versions a hello offers: its bitmap, or without one every version up to its own. */
export function helloVersions(message: MessageOf<"hello">): number[] {
  for (const element of message.elements) {
    if (element.type !== "versionBitmap") continue;
    return element.bitmaps.flatMap((word, index) =>
      Array.from({ length: 32 }, (_, bit) => bit)
        .filter((bit) => ((word >>> bit) & 1) === 1)
        .map((bit) => index * 32 + bit),
    );
  }
  return Array.from({ length: message.version }, (_, index) => index + 1);
}

/** A message without a body. */
function bare<
  T extends
    | "featuresRequest"
    | "getConfigRequest"
    | "barrierRequest"
    | "barrierReply"
    | "getAsyncRequest",
>(type: T) {
  return (fields: { readonly xid?: number } = {}) =>
    ({ ...HEADER, type, ...fields }) as unknown as MessageOf<T>;
}

/** Requests the switch's datapath id and capabilities. */
export const featuresRequest = bare("featuresRequest");
/** Requests the switch's configuration. */
export const getConfigRequest = bare("getConfigRequest");
/** Requests a reply once all earlier messages are processed. */
export const barrierRequest = bare("barrierRequest");
/** Confirms that all messages before the request are processed. */
export const barrierReply = bare("barrierReply");
/** Requests the configuration of asynchronous messages. */
export const getAsyncRequest = bare("getAsyncRequest");

/** An error. */
export function error(fields: Fields<"error"> = {}): MessageOf<"error"> {
  return { ...HEADER, type: "error", errorType: 0, errorCode: 0, data: NO_BYTES, ...fields };
}

/** An echo request. */
export function echoRequest(fields: Fields<"echoRequest"> = {}): MessageOf<"echoRequest"> {
  return { ...HEADER, type: "echoRequest", data: NO_BYTES, ...fields };
}

/** An echo reply: pass the request's xid and data. */
export function echoReply(fields: Fields<"echoReply"> = {}): MessageOf<"echoReply"> {
  return { ...HEADER, type: "echoReply", data: NO_BYTES, ...fields };
}

/** Sets the length of packets in packet-ins (default: whole packets). */
export function setConfig(fields: Fields<"setConfig"> = {}): MessageOf<"setConfig"> {
  return { ...HEADER, type: "setConfig", flags: 0, missSendLen: 0xffff, ...fields };
}

/** A packet for the switch to send; default: with the whole frame in `data`. */
export function packetOut(fields: Fields<"packetOut">): MessageOf<"packetOut"> {
  return {
    ...HEADER,
    type: "packetOut",
    bufferId: NO_BUFFER,
    inPort: Port.Controller,
    actions: [],
    data: NO_BYTES,
    ...fields,
  };
}

/** Fields of {@link flowMod}; the match may be given by field names. */
export type FlowModFields = Omit<Fields<"flowMod">, "match"> & {
  readonly match?: Match | MatchInput;
};

/**
 * A flow-mod: by default adds a permanent flow entry of priority 0x8000 to table 0 that matches
 * everything and drops it. A delete by default covers any port, group and cookie.
 */
export function flowMod(fields: FlowModFields): MessageOf<"flowMod"> {
  return {
    ...HEADER,
    type: "flowMod",
    cookie: 0n,
    cookieMask: 0n,
    tableId: 0,
    command: FlowModCommand.Add,
    idleTimeout: 0,
    hardTimeout: 0,
    priority: 0x8000,
    bufferId: NO_BUFFER,
    outPort: Port.Any,
    outGroup: GroupId.Any,
    flags: 0,
    importance: 0,
    instructions: [],
    ...fields,
    match: toMatch(fields.match),
  };
}

/** A group-mod: by default adds a group of type all without buckets. */
export function groupMod(fields: Fields<"groupMod">): MessageOf<"groupMod"> {
  return {
    ...HEADER,
    type: "groupMod",
    command: GroupModCommand.Add,
    groupType: GroupType.All,
    groupId: 0,
    buckets: [],
    ...fields,
  };
}

/** A meter-mod: by default adds a meter in kb/s without bands. */
export function meterMod(fields: Fields<"meterMod">): MessageOf<"meterMod"> {
  return {
    ...HEADER,
    type: "meterMod",
    command: MeterModCommand.Add,
    flags: MeterFlags.Kbps,
    meterId: 0,
    bands: [],
    ...fields,
  };
}

/** Configures a port: the bits of `config` that `mask` names; `hwAddr` must be the port's own. */
export function portMod(fields: Fields<"portMod">): MessageOf<"portMod"> {
  return {
    ...HEADER,
    type: "portMod",
    portNo: 0,
    hwAddr: 0,
    config: 0,
    mask: 0,
    properties: [],
    ...fields,
  };
}

/** Configures a table (every table by default). */
export function tableMod(fields: Fields<"tableMod">): MessageOf<"tableMod"> {
  return {
    ...HEADER,
    type: "tableMod",
    tableId: TableId.All,
    config: 0,
    properties: [],
    ...fields,
  };
}

/** Configures the asynchronous messages. */
export function setAsync(fields: Fields<"setAsync">): MessageOf<"setAsync"> {
  return { ...HEADER, type: "setAsync", properties: [], ...fields };
}

/** A message of an experimenter. */
export function experimenter(fields: Fields<"experimenter">): MessageOf<"experimenter"> {
  return {
    ...HEADER,
    type: "experimenter",
    experimenter: 0,
    expType: 0,
    data: NO_BYTES,
    ...fields,
  };
}

/** Requests a role; without `role`, queries the present one. */
export function roleRequest(fields: Fields<"roleRequest"> = {}): MessageOf<"roleRequest"> {
  return { ...HEADER, type: "roleRequest", role: 0, generationId: 0n, ...fields };
}

/** One part of a multipart request. */
export function multipartRequest(
  multipart: MultipartRequestBody,
  fields: Omit<Fields<"multipartRequest">, "multipart"> = {},
): MessageOf<"multipartRequest"> {
  return { ...HEADER, type: "multipartRequest", flags: 0, ...fields, multipart };
}

/** One part of a multipart reply. */
export function multipartReply(
  multipart: MultipartReplyBody,
  fields: Omit<Fields<"multipartReply">, "multipart"> = {},
): MessageOf<"multipartReply"> {
  return { ...HEADER, type: "multipartReply", flags: 0, ...fields, multipart };
}

/** Body of a multipart flow request: by default every flow entry of every table. */
export function flowRequest(
  fields: Omit<Partial<Extract<MultipartRequestBody, { type: "flow" }>>, "type" | "match"> & {
    readonly match?: Match | MatchInput;
  } = {},
): Extract<MultipartRequestBody, { type: "flow" }> {
  return {
    type: "flow",
    tableId: TableId.All,
    outPort: Port.Any,
    outGroup: GroupId.Any,
    cookie: 0n,
    cookieMask: 0n,
    ...fields,
    match: toMatch(fields.match),
  };
}

/** Opens, closes, commits or discards a bundle (ordered and atomic by default). */
export function bundleControl(fields: Fields<"bundleControl">): MessageOf<"bundleControl"> {
  return {
    ...HEADER,
    type: "bundleControl",
    bundleId: 0,
    bundleControlType: 0,
    flags: BundleFlags.Atomic | BundleFlags.Ordered,
    properties: [],
    ...fields,
  };
}

/** Adds a message to a bundle; default xid: that of the message, as switches require. */
export function bundleAddMessage(
  message: Message,
  fields: Omit<Fields<"bundleAddMessage">, "message"> = {},
): MessageOf<"bundleAddMessage"> {
  return {
    ...HEADER,
    type: "bundleAddMessage",
    xid: message.xid,
    bundleId: 0,
    flags: BundleFlags.Atomic | BundleFlags.Ordered,
    properties: [],
    ...fields,
    message,
  };
}
