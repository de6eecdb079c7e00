// SPDX-License-Identifier: Apache-2.0
import { bigEndian, concatBytes } from "./bytes.ts";
import type { EthernetPayload } from "./ethernet.ts";
import { EtherType } from "./numbers.ts";

/** Types of the TLVs of an LLDP message. @spec IEEE 802.1AB-2016 §8.1.2 */
const LldpType = {
  end: 0,
  chassisId: 1,
  portId: 2,
  timeToLive: 3,
  organization: 127,
} as const;

/** One TLV: type 0 to 127, value of up to 511 bytes. */
export interface LldpTlv {
  readonly type: number;
  readonly value: Uint8Array;
}

/** An organizationally specific TLV. */
interface LldpOrganizationTlv {
  /** 24-bit identifier of the organization. */
  readonly oui: number;
  readonly subtype: number;
  /** Up to 507 bytes. */
  readonly value: Uint8Array;
}

/** An LLDP message. */
export interface LldpMessage {
  /** Locally assigned, as text of up to 255 characters. */
  readonly chassisId: string;
  readonly portId: string;
  /** How long the receiver may keep the information, in seconds. */
  readonly timeToLive: number;
  readonly organization?: LldpOrganizationTlv;
}

/** Subtype of locally assigned chassis and port ids. */
const LOCALLY_ASSIGNED = 7;
const HEADER_BYTES = 2;
const MAX_VALUE_BYTES = 511;

/** The payload of an LLDP frame. @spec IEEE 802.1AB-2016 §8.2 */
export function lldp(message: LldpMessage): EthernetPayload {
  const { chassisId, portId, timeToLive, organization } = message;
  const bytes = concatBytes(
    tlv(LldpType.chassisId, locally(chassisId)),
    tlv(LldpType.portId, locally(portId)),
    tlv(LldpType.timeToLive, bigEndian(timeToLive, 2)),
    ...(organization ? [tlv(LldpType.organization, organizationValue(organization))] : []),
    tlv(LldpType.end, new Uint8Array(0)),
  );
  return { etherType: EtherType.lldp, bytes };
}

/**
 * The TLVs of an LLDP message up to its end, as views of `payload`; undefined for a malformed message: a
 * truncated TLV, no end, or no chassis id, port id and time to live at the beginning.
 * @spec IEEE 802.1AB-2016 §9.2.7.7.1
 */
export function readLldp(payload: Uint8Array): readonly LldpTlv[] | undefined {
  const tlvs: LldpTlv[] = [];
  let at = 0;
  for (;;) {
    const [high, low] = [payload[at], payload[at + 1]];
    if (high === undefined || low === undefined) return undefined;
    const type = high >> 1;
    const end = at + HEADER_BYTES + ((high & 1) << 8) + low;
    if (end > payload.length) return undefined;
    if (type === LldpType.end) return isBegunWell(tlvs) ? tlvs : undefined;
    tlvs.push({ type, value: payload.subarray(at + HEADER_BYTES, end) });
    at = end;
  }
}

/** The value of the first organizationally specific TLV of this organization and subtype. */
export function organizationTlv(
  tlvs: readonly LldpTlv[],
  oui: number,
  subtype: number,
): Uint8Array | undefined {
  const prefix = concatBytes(bigEndian(oui, 3), Uint8Array.of(subtype));
  const isOfOrganization = ({ type, value }: LldpTlv) =>
    type === LldpType.organization && prefix.every((byte, index) => value[index] === byte);
  return tlvs.find(isOfOrganization)?.value.subarray(prefix.length);
}

function isBegunWell([first, second, third]: readonly LldpTlv[]): boolean {
  return (
    first?.type === LldpType.chassisId &&
    second?.type === LldpType.portId &&
    third?.type === LldpType.timeToLive
  );
}

function locally(text: string): Uint8Array {
  return concatBytes(Uint8Array.of(LOCALLY_ASSIGNED), new TextEncoder().encode(text));
}

function organizationValue({ oui, subtype, value }: LldpOrganizationTlv): Uint8Array {
  return concatBytes(bigEndian(oui, 3), Uint8Array.of(subtype), value);
}

function tlv(type: number, value: Uint8Array): Uint8Array {
  if (value.length > MAX_VALUE_BYTES) throw new RangeError(`a TLV of ${value.length} bytes`);
  return concatBytes(bigEndian(type * 512 + value.length, HEADER_BYTES), value);
}
