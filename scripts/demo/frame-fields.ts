// SPDX-License-Identifier: Apache-2.0
const ETH_HEADER = 14;
const IPV6_HEADER = 40;

/** The fields of a frame that the referee reads, under the names of policy filters. */
export interface FrameFields {
  readonly eth_dst: string;
  readonly eth_src: string;
  readonly eth_type: number;
  readonly ip_proto?: number;
  readonly ip_src?: string;
  readonly ip_dst?: string;
  readonly tcp_src?: number;
  readonly tcp_dst?: number;
  readonly udp_src?: number;
  readonly udp_dst?: number;
  readonly icmpv4_type?: number;
}

/**
 * Reads a frame. Deliberately independent of OpenVTAP's own parser: the referee must not share its
 * mistakes. Reads IP addresses of IPv4 only, because the examples filter by no others.
 */
export function frameFields(frame: Uint8Array): FrameFields {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const ethernet = {
    eth_dst: mac(frame.subarray(0, 6)),
    eth_src: mac(frame.subarray(6, 12)),
    eth_type: view.getUint16(12),
  };
  if (ethernet.eth_type === 0x0800) {
    const ip = {
      ip_proto: view.getUint8(ETH_HEADER + 9),
      ip_src: frame.subarray(ETH_HEADER + 12, ETH_HEADER + 16).join("."),
      ip_dst: frame.subarray(ETH_HEADER + 16, ETH_HEADER + 20).join("."),
    };
    const payload = ETH_HEADER + (view.getUint8(ETH_HEADER) & 0xf) * 4;
    return { ...ethernet, ...ip, ...ports(view, ip.ip_proto, payload) };
  }
  if (ethernet.eth_type === 0x86dd) {
    const ip_proto = view.getUint8(ETH_HEADER + 6);
    return { ...ethernet, ip_proto, ...ports(view, ip_proto, ETH_HEADER + IPV6_HEADER) };
  }
  return ethernet;
}

function ports(view: DataView, protocol: number, at: number): Partial<FrameFields> {
  if (protocol === 1) return { icmpv4_type: view.getUint8(at) };
  if (protocol === 6) return { tcp_src: view.getUint16(at), tcp_dst: view.getUint16(at + 2) };
  if (protocol === 17) return { udp_src: view.getUint16(at), udp_dst: view.getUint16(at + 2) };
  return {};
}

function mac(bytes: Uint8Array): string {
  return Buffer.from(bytes)
    .toString("hex")
    .replaceAll(/(..)(?=.)/g, "$1:");
}
