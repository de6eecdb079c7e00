// SPDX-License-Identifier: Apache-2.0
/** Wire messages as a capture file that other programs read. */

const FILE_HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
const IP_TCP_BYTES = 40;
/** Packets begin with an IP header. */
const LINKTYPE_RAW = 101;
const OPENFLOW_PORT = 6653;

/** A capture of one TCP connection to port 6653 with one message in each segment. */
export function pcapOf(messages: readonly Uint8Array[]): Uint8Array {
  const header = Buffer.alloc(FILE_HEADER_BYTES);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(0x40000, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  const parts: Uint8Array[] = [header];
  let sequence = 1;
  for (const [index, message] of messages.entries()) {
    parts.push(packetHeader(index, IP_TCP_BYTES + message.length), segment(sequence, message));
    sequence += message.length;
  }
  return new Uint8Array(Buffer.concat(parts));
}

function packetHeader(index: number, length: number): Buffer {
  const header = Buffer.alloc(PACKET_HEADER_BYTES);
  header.writeUInt32LE(index, 0);
  header.writeUInt32LE(length, 8);
  header.writeUInt32LE(length, 12);
  return header;
}

/** IPv4 and TCP around a message, without checksums, which dissectors accept. */
function segment(sequence: number, message: Uint8Array): Buffer {
  const packet = Buffer.alloc(IP_TCP_BYTES + message.length);
  packet.writeUInt8(0x45, 0);
  packet.writeUInt16BE(packet.length, 2);
  packet.writeUInt8(64, 8);
  packet.writeUInt8(6, 9);
  packet.writeUInt32BE(0x0a000001, 12);
  packet.writeUInt32BE(0x0a000002, 16);
  packet.writeUInt16BE(40_000, 20);
  packet.writeUInt16BE(OPENFLOW_PORT, 22);
  packet.writeUInt32BE(sequence, 24);
  packet.writeUInt8(0x50, 32);
  packet.writeUInt8(0x18, 33);
  packet.writeUInt16BE(0xffff, 34);
  packet.set(message, IP_TCP_BYTES);
  return packet;
}
