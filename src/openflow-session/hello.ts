// SPDX-License-Identifier: Apache-2.0
import {
  describeError,
  ErrorType,
  error,
  HelloFailedCode,
  helloVersions,
  type Message,
  OFP_VERSION,
} from "../openflow/index.ts";
import type { MessageOf } from "./request-outcome.ts";

/** Result of the version negotiation with a peer. */
export type VersionNegotiation =
  | { readonly type: "accepted" }
  | { readonly type: "closed"; readonly reason: string }
  /** `answer` is the error message for the peer. */
  | { readonly type: "rejected"; readonly answer: Message; readonly reason: string };

/**
 * Negotiates the version from a peer's first message, which must be a hello that allows 1.4, the only
 * version OpenVTAP speaks. Without a bitmap the lower of the two hello versions counts.
 *
 * @spec OpenFlow 1.4.1 §6.3.1
 */
export function negotiateVersion(message: Message): VersionNegotiation {
  if (message.type === "error") {
    const words = describeError(message.errorType, message.errorCode);
    return {
      type: "closed",
      reason: `the peer refused the hello: ${words} ${textOf(message.data)}`,
    };
  }
  if (message.type !== "hello") {
    return { type: "closed", reason: `the first message is ${message.type}, not a hello` };
  }
  if (helloVersions(message).includes(OFP_VERSION)) return { type: "accepted" };
  return incompatible(message);
}

/** @spec OpenFlow 1.4.1 §7.5.4.1 (the data of a hello failure is a text) */
function incompatible(message: MessageOf<"hello">): VersionNegotiation {
  const spoken = helloVersions(message).map(nameOf).join(", ") || "nothing";
  const text = `this controller speaks OpenFlow 1.4 only; the switch offers ${spoken}`;
  const answer = error({
    errorType: ErrorType.HelloFailed,
    errorCode: HelloFailedCode.INCOMPATIBLE,
    data: new TextEncoder().encode(text),
    xid: message.xid,
  });
  const reason = `the peer speaks OpenFlow ${spoken}, not 1.4`;
  return { type: "rejected", answer, reason };
}

/** The usual name of a version. */
function nameOf(version: number): string {
  return version >= 1 && version <= 6 ? `1.${version - 1}` : `version ${version}`;
}

/** The data of an error message, if it is text. */
function textOf(data: Uint8Array): string {
  const text = Buffer.from(data).toString("latin1").replace(/\0+$/, "");
  return /^[\x20-\x7e]+$/.test(text) ? `(${text})` : "";
}
