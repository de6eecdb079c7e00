// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from "node:crypto";
import { EtherType, ethernet, rawPayload } from "../../packet/index.ts";
import type { ProbeHeader } from "../../policy/index.ts";

/** The result of reading a frame that was caught as a probe. */
type PathProbeReading =
  | { readonly type: "probe"; readonly sequence: number }
  /** Not of this format. */
  | { readonly type: "malformed" }
  /** Not signed by this process: a host has made it, or an earlier process sent it. */
  | { readonly type: "forged" };

const VERSION = 1;
/** Version, sequence. */
const SIGNED_BYTES = 1 + 4;
const SEQUENCE_AT = 1;
/** Half of a SHA-256: 128 bits cannot be guessed. */
const SIGNATURE_BYTES = 16;
/** The shortest payload of an Ethernet frame. */
const PAYLOAD_BYTES = 46;
const ADDRESS_BYTES = 12;
/** Addresses and Ethertype. */
const HEADER_BYTES = 14;
const TAG_BYTES = 4;
const TAGS: readonly number[] = [EtherType.vlan, EtherType.serviceVlan];

/**
 * Makes and reads the probes of the ways that copies take: frames with the marking of the copies, an Ethertype
 * for local experiments, and a number signed with the key of this process (HMAC-SHA-256).
 */
export class PathProbeFrames {
  readonly #key: Uint8Array;

  /** `key`: 32 random bytes that no other process has. */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * @param sequence identifies the probe, in 32 bits; never used twice
   * @param length bytes of the frame, without a tag; default: as few as a frame has
   */
  frame({ ethDst, ethSrc, vlan }: ProbeHeader, sequence: number, length = 0): Uint8Array {
    const payload = new Uint8Array(Math.max(PAYLOAD_BYTES, length - HEADER_BYTES));
    const view = new DataView(payload.buffer);
    view.setUint8(0, VERSION);
    view.setUint32(SEQUENCE_AT, sequence);
    payload.set(this.#signature(payload.subarray(0, SIGNED_BYTES)), SIGNED_BYTES);
    const tags = vlan === undefined ? [] : [{ vid: vlan, tpid: EtherType.serviceVlan }];
    return ethernet({ dst: ethDst, src: ethSrc, tags }, rawPayload(payload));
  }

  /** Reads a frame with or without a tag. Only its signed part is used. */
  read(frame: Uint8Array): PathProbeReading {
    const payload = payloadOf(frame);
    if (payload === undefined || payload[0] !== VERSION) return { type: "malformed" };
    const signed = payload.subarray(0, SIGNED_BYTES);
    const signature = payload.subarray(SIGNED_BYTES, SIGNED_BYTES + SIGNATURE_BYTES);
    if (!timingSafeEqual(this.#signature(signed), signature)) return { type: "forged" };
    const view = new DataView(signed.buffer, signed.byteOffset, signed.byteLength);
    return { type: "probe", sequence: view.getUint32(SEQUENCE_AT) };
  }

  #signature(signed: Uint8Array): Uint8Array {
    const digest = createHmac("sha256", this.#key).update("path probe").update(signed).digest();
    return digest.subarray(0, SIGNATURE_BYTES);
  }
}

/** What follows the Ethertype of probes; undefined: it is another frame, or too short. */
function payloadOf(frame: Uint8Array): Uint8Array | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  let at = ADDRESS_BYTES;
  if (frame.length >= at + 2 && TAGS.includes(view.getUint16(at))) at += TAG_BYTES;
  if (frame.length < at + 2 + SIGNED_BYTES + SIGNATURE_BYTES) return undefined;
  return view.getUint16(at) === EtherType.experimental ? frame.subarray(at + 2) : undefined;
}
