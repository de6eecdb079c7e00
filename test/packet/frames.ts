// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import {
  arp,
  type EthernetPayload,
  ethernet,
  type IpPayload,
  type Ipv6Extension,
  icmp,
  icmpv6,
  ipv4,
  ipv6,
  mpls,
  neighbourAdvertisement,
  neighbourSolicitation,
  rawPayload,
  sctp,
  tcp,
  udp,
} from "../../src/packet/index.ts";

const mac = fc.oneof(
  fc.constantFrom(0xfa0000000001, 0xfa0000000002),
  fc.maxSafeNat().map((n) => n % 2 ** 48),
);
const ip4 = fc.oneof(fc.constantFrom(0x0a000001, 0x0a000002), fc.nat({ max: 0xffffffff }));
const ip6 = fc.bigInt({ min: 0n, max: (1n << 128n) - 1n });
const port = fc.oneof(fc.constantFrom(0, 80, 443), fc.nat({ max: 0xffff }));
const byte = fc.nat({ max: 255 });
const data = fc.uint8Array({ maxLength: 40 });

const ports = fc.record({ src: port, dst: port });
const flags = fc.oneof(fc.constantFrom(0, 2, 0x12, 0x10), fc.nat({ max: 0xfff }));
const neighbour = fc.tuple(ip6, mac, fc.boolean()).map(([target, address, solicit]) => {
  const message = solicit ? neighbourSolicitation : neighbourAdvertisement;
  return message(target, address);
});
const transport: fc.Arbitrary<IpPayload> = fc.oneof(
  fc.tuple(ports, flags, data).map(([header, flags, body]) => tcp({ ...header, flags }, body)),
  fc.tuple(ports, data).map(([header, body]) => udp(header, body)),
  fc.tuple(ports, data).map(([header, body]) => sctp(header, body)),
  fc.record({ type: byte, code: byte, rest: data }).map(icmp),
  fc
    .record({ type: fc.constantFrom(128, 135, 136), code: fc.constantFrom(0, 0, 1), rest: data })
    .map(icmpv6),
  neighbour,
  fc.record({ protocol: byte, bytes: data }),
);

const tos = { dscp: fc.nat({ max: 63 }), ecn: fc.nat({ max: 3 }) };
const ipv4Payload = fc
  .record({
    header: fc.record({
      ...tos,
      ttl: byte,
      src: ip4,
      dst: ip4,
      moreFragments: fc.boolean(),
      fragmentOffset: fc.constantFrom(0, 0, 0, 1, 100),
      options: fc.uint8Array({ maxLength: 12 }),
    }),
    payload: transport,
  })
  .map(({ header, payload }) => ipv4(header, payload));

const extension: fc.Arbitrary<Ipv6Extension> = fc.oneof(
  fc.record({
    type: fc.constantFrom("hopByHop", "destinationOptions", "routing", "authentication"),
    body: fc.uint8Array({ minLength: 6, maxLength: 20 }),
  }),
  fc.record({
    type: fc.constant("fragment"),
    offset: fc.constantFrom(0, 0, 7),
    more: fc.boolean(),
  }),
);
const ipv6Payload = fc
  .record({
    header: fc.record({
      ...tos,
      hopLimit: byte,
      src: ip6,
      dst: ip6,
      flowLabel: fc.nat({ max: 0xfffff }),
      extensions: fc.array(extension, { maxLength: 3 }),
    }),
    payload: transport,
  })
  .map(({ header, payload }) => ipv6(header, payload));

const arpPayload = fc
  .record({ op: fc.constantFrom(1, 2, 3, 255, 256, 65535), sha: mac, spa: ip4, tha: mac, tpa: ip4 })
  .map(arp);
const mplsPayload = fc
  .tuple(
    fc.array(fc.record({ label: fc.nat({ max: 0xfffff }), tc: fc.nat({ max: 7 }) }), {
      minLength: 1,
      maxLength: 4,
    }),
    data,
  )
  .map(([labels, body]) => mpls(labels, body));

const payload: fc.Arbitrary<EthernetPayload> = fc.oneof(
  { weight: 4, arbitrary: ipv4Payload },
  { weight: 4, arbitrary: ipv6Payload },
  arpPayload,
  mplsPayload,
  fc.tuple(data, fc.nat({ max: 0xffff })).map(([bytes, type]) => rawPayload(bytes, type)),
  // IEEE 802.3 with an LLC/SNAP header, whose type counts.
  ipv4Payload.map(({ etherType, bytes }) => {
    const llc = [0xaa, 0xaa, 3, 0, 0, 0, etherType >> 8, etherType & 0xff];
    return rawPayload(Uint8Array.from([...llc, ...bytes]), (8 + bytes.length) % 0x600);
  }),
);

const tag = fc.record({
  vid: fc.nat({ max: 4095 }),
  pcp: fc.nat({ max: 7 }),
  dei: fc.boolean(),
  tpid: fc.constantFrom(0x8100, 0x8100, 0x88a8),
});

/** Well-formed frames of every kind the packet layer builds. */
export const wellFormedFrame = fc
  .tuple(mac, mac, fc.array(tag, { maxLength: 3 }), payload)
  .map(([dst, src, tags, body]) => ethernet({ dst, src, tags }, body));

/** Frames with some of their bytes changed, cut off or added. */
export const anyFrame = fc.oneof(
  wellFormedFrame,
  fc
    .tuple(wellFormedFrame, fc.array(fc.tuple(fc.nat(), byte), { maxLength: 3 }), fc.nat(), data)
    .map(([frame, changes, cut, padding]) => {
      const changed = frame.slice();
      for (const [at, value] of changes) changed[12 + (at % (frame.length - 12))] = value;
      const kept = changed.slice(0, 14 + (cut % (frame.length - 13)));
      return cut % 2 === 0 ? kept : Uint8Array.from([...changed, ...padding]);
    }),
);
