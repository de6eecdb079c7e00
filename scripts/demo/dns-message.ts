// SPDX-License-Identifier: Apache-2.0
const HEADER = 12;
const TYPE_A = 1;
const CLASS_IN = 1;

/** A DNS query for a name's IPv4 address. @see RFC 1035 §4 */
export function dnsQuery(id: number, name: string): Uint8Array {
  const header = Buffer.alloc(HEADER);
  header.writeUInt16BE(id, 0);
  header.writeUInt16BE(0x0100, 2); // recursion desired
  header.writeUInt16BE(1, 4); // one question
  const labels = name.split(".").map((label) => Buffer.from([label.length, ...Buffer.from(label)]));
  return Buffer.concat([header, ...labels, Buffer.from([0, 0, TYPE_A, 0, CLASS_IN])]);
}

/** The answer to a query: 10.1.1.2, valid for a minute. */
export function dnsAnswer(query: Uint8Array): Uint8Array {
  const answer = Buffer.from([
    0xc0,
    HEADER,
    0,
    TYPE_A,
    0,
    CLASS_IN,
    0,
    0,
    0,
    60,
    0,
    4,
    10,
    1,
    1,
    2,
  ]);
  const message = Buffer.concat([query, answer]);
  message.writeUInt16BE(0x8180, 2); // a response, recursion desired and available
  message.writeUInt16BE(1, 6); // one answer
  return message;
}
