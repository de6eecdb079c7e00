// SPDX-License-Identifier: Apache-2.0
import { createHmac, timingSafeEqual } from "node:crypto";
import { EtherType, ethernet, lldp, organizationTlv, readLldp } from "../../packet/index.ts";
import { type Dpid, dpidFromBigint, dpidToBigint, isPortNo, type PortNo } from "../dpid.ts";
import { PROBE_DESTINATION, PROBE_SOURCE } from "./probe-address.ts";

/** Content of a probe: the port it left by, and its identity. */
export interface Probe {
  readonly dpid: Dpid;
  readonly port: PortNo;
  /** Identifies one controller process: 64 random bits. */
  readonly epoch: bigint;
  /** Counts the probes of an epoch, in 32 bits. */
  readonly sequence: number;
}

/** The result of reading a frame that looks like a probe. */
export type ProbeReading =
  | { readonly type: "probe"; readonly probe: Probe }
  /** Not a probe of this format. */
  | { readonly type: "malformed" }
  /** Signed with another key: a host forges probes, or another OpenVTAP is at the other end. */
  | { readonly type: "forged" };

/** First three bytes of the probes' source address: a locally administered organization. */
const OUI = 0x0e7b4c;
const PROBE_SUBTYPE = 1;
const VERSION = 1;
/** Version, dpid, port, epoch, sequence. */
const SIGNED_BYTES = 1 + 8 + 4 + 8 + 4;
/** Half of a SHA-256: 128 bits cannot be guessed. */
const SIGNATURE_BYTES = 16;
const ETHERNET_BYTES = 14;
/** Offset of the sequence number in the signed part. */
const SEQUENCE_AT = 21;
/** The TLV that ends a message. */
const END_BYTES = 2;

/**
 * The frame of a probe: an LLDP message that any LLDP tool can read, with an OpenVTAP TLV signed by
 * HMAC-SHA-256, so that a host cannot claim a link at its port.
 *
 * @param timeToLive LLDP time to live, in seconds
 */
export function probeFrame(probe: Probe, key: Uint8Array, timeToLive: number): Uint8Array {
  const signed = signedPart(probe);
  const value = new Uint8Array(SIGNED_BYTES + SIGNATURE_BYTES);
  value.set(signed);
  value.set(signature(signed, key), SIGNED_BYTES);
  return ethernet(
    { dst: PROBE_DESTINATION, src: PROBE_SOURCE },
    lldp({
      chassisId: probe.dpid,
      portId: String(probe.port),
      timeToLive,
      organization: { oui: OUI, subtype: PROBE_SUBTYPE, value },
    }),
  );
}

/** Makes probe frames cheaply: for a port's next probe, only the number and the signature change. */
export class ProbeFrames {
  readonly #key: Uint8Array;
  readonly #timeToLive: number;
  readonly #last = new Map<Dpid, Map<PortNo, Uint8Array>>();

  /** Parameters as for {@link probeFrame}. All probes must have the same epoch. */
  constructor(key: Uint8Array, timeToLive: number) {
    this.#key = key;
    this.#timeToLive = timeToLive;
  }

  of(probe: Probe): Uint8Array {
    const { dpid, port, sequence } = probe;
    const ports = this.#last.get(dpid) ?? new Map<PortNo, Uint8Array>();
    this.#last.set(dpid, ports);
    const last = ports.get(port);
    if (!last) {
      const frame = probeFrame(probe, this.#key, this.#timeToLive);
      ports.set(port, frame);
      return frame;
    }
    const frame = last.slice();
    const at = frame.length - END_BYTES - SIGNATURE_BYTES - SIGNED_BYTES;
    const signed = frame.subarray(at, at + SIGNED_BYTES);
    new DataView(signed.buffer, signed.byteOffset).setUint32(SEQUENCE_AT, sequence);
    frame.set(signature(signed, this.#key), at + SIGNED_BYTES);
    return frame;
  }
}

/** Reads a frame that looks like a probe. Only its signed part is used. */
export function readProbe(frame: Uint8Array, key: Uint8Array): ProbeReading {
  if (!isLldp(frame)) return { type: "malformed" };
  const tlvs = readLldp(frame.subarray(ETHERNET_BYTES));
  const value = tlvs && organizationTlv(tlvs, OUI, PROBE_SUBTYPE);
  if (value?.length !== SIGNED_BYTES + SIGNATURE_BYTES || value[0] !== VERSION) {
    return { type: "malformed" };
  }
  const signed = value.subarray(0, SIGNED_BYTES);
  const isOurs = timingSafeEqual(signature(signed, key), value.subarray(SIGNED_BYTES));
  if (!isOurs) return { type: "forged" };
  const view = new DataView(signed.buffer, signed.byteOffset, signed.byteLength);
  const port = view.getUint32(9);
  if (!isPortNo(port)) return { type: "malformed" };
  const dpid = dpidFromBigint(view.getBigUint64(1));
  const probe = { dpid, port, epoch: view.getBigUint64(13), sequence: view.getUint32(SEQUENCE_AT) };
  return { type: "probe", probe };
}

function isLldp(frame: Uint8Array): boolean {
  return frame[12] === EtherType.lldp >> 8 && frame[13] === (EtherType.lldp & 0xff);
}

function signedPart({ dpid, port, epoch, sequence }: Probe): Uint8Array {
  const bytes = new Uint8Array(SIGNED_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setBigUint64(1, dpidToBigint(dpid));
  view.setUint32(9, port);
  view.setBigUint64(13, epoch);
  view.setUint32(SEQUENCE_AT, sequence);
  return bytes;
}

function signature(signed: Uint8Array, key: Uint8Array): Uint8Array {
  return createHmac("sha256", key).update(signed).digest().subarray(0, SIGNATURE_BYTES);
}
