import {
  describeError,
  ErrorType,
  error,
  HelloFailedCode,
  helloVersions,
  type Message,
  OFP_VERSION,
} from "../openflow/index.ts";
import type { MessageOf } from "./outcome.ts";

/** What comes of a peer's first message. */
export type VersionNegotiation =
  | { readonly type: "accepted" }
  | { readonly type: "closed"; readonly reason: string }
  /** The peer is told why. */
  | { readonly type: "refused"; readonly lastWord: Message; readonly reason: string };

/**
 * Judges a peer's first message: a hello that settles on 1.4, which is all we speak. Without a
 * bitmap the lower of the two hello versions counts.
 *
 * @spec OpenFlow 1.4.1 §6.3.1
 */
export function negotiateVersion(message: Message): VersionNegotiation {
  if (message.type === "error") {
    const words = describeError(message.errorType, message.errorCode);
    return {
      type: "closed",
      reason: `the peer refused our hello: ${words} ${textOf(message.data)}`,
    };
  }
  if (message.type !== "hello") {
    return { type: "closed", reason: `the peer began with ${message.type}, not with a hello` };
  }
  if (helloVersions(message).includes(OFP_VERSION)) return { type: "accepted" };
  return incompatible(message);
}

/** @spec OpenFlow 1.4.1 §7.5.4.1 (the data of a hello failure is a text) */
function incompatible(message: MessageOf<"hello">): VersionNegotiation {
  const spoken = helloVersions(message).map(nameOf).join(", ") || "nothing";
  const text = `this controller speaks OpenFlow 1.4 only; you offered ${spoken}`;
  const lastWord = error({
    errorType: ErrorType.HelloFailed,
    errorCode: HelloFailedCode.INCOMPATIBLE,
    data: new TextEncoder().encode(text),
    xid: message.xid,
  });
  const reason = `the peer does not speak OpenFlow 1.4 but ${spoken}`;
  return { type: "refused", lastWord, reason };
}

/** A version as people call it. */
function nameOf(version: number): string {
  return version >= 1 && version <= 6 ? `1.${version - 1}` : `version ${version}`;
}

/** The data of an error, when it is text. */
function textOf(data: Uint8Array): string {
  const text = Buffer.from(data).toString("latin1").replace(/\0+$/, "");
  return /^[\x20-\x7e]+$/.test(text) ? `(${text})` : "";
}
