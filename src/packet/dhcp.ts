// SPDX-License-Identifier: Apache-2.0
import {
  type Ipv4Input,
  type Ipv6Input,
  ipv4Number,
  ipv6Number,
  type MacInput,
  macNumber,
} from "./addresses.ts";
import { bigEndian, concatBytes } from "./bytes.ts";
import type { IpPayload } from "./ip.ts";
import { udp } from "./transport.ts";

/** A client's DHCPv4 message (RFC 2131). `type`: 1 discover, 3 request, 7 release, 8 inform. */
export interface Dhcp4Message {
  readonly type: number;
  readonly chaddr: MacInput;
  /** The client's address; default: zero. */
  readonly ciaddr?: Ipv4Input;
  /** Options before the message type, as on the wire. */
  readonly options?: Uint8Array;
}

export function dhcp4({ type, chaddr, ciaddr = 0, options }: Dhcp4Message): IpPayload {
  const message = concatBytes(
    Uint8Array.of(1, 1, 6, 0),
    ...[bigEndian(0x12345678, 4), bigEndian(0, 4), bigEndian(ipv4Number(ciaddr), 4)],
    ...[new Uint8Array(12), bigEndian(macNumber(chaddr), 6), new Uint8Array(10 + 192)],
    bigEndian(0x63825363, 4),
    options ?? new Uint8Array(),
    Uint8Array.of(53, 1, type, 255),
  );
  return udp({ src: 68, dst: 67 }, message);
}

/** A client's DHCPv6 message (RFC 8415). `type`: 1 solicit, 5 renew, 8 release. */
export interface Dhcp6Message {
  readonly type: number;
  /** Addresses of its one identity association. */
  readonly addresses?: readonly Ipv6Input[];
}

export function dhcp6({ type, addresses = [] }: Dhcp6Message): IpPayload {
  const leases = addresses.map((address) =>
    option6(5, concatBytes(bigEndian(ipv6Number(address), 16), new Uint8Array(8))),
  );
  const association = option6(3, concatBytes(bigEndian(1, 4), new Uint8Array(8), ...leases));
  const client = option6(1, Uint8Array.of(0, 3, 0, 1, 0xfa, 0, 0, 0, 0, 1));
  return udp(
    { src: 546, dst: 547 },
    concatBytes(bigEndian(type, 1), bigEndian(0x123456, 3), client, association),
  );
}

function option6(code: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(bigEndian(code, 2), bigEndian(bytes.length, 2), bytes);
}
