// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as packet from "../../../src/packet/index.ts";
import { type Cable, Cables } from "../cables.ts";
import { arpReply, ping, tcp, tcp6, udp } from "../frames.ts";
import { h1, h2, hostAddresses } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/**
 * Copies of frames from h1 to h2 travel from s1 across s2 to h3; h4 receives the same, unaltered, at s1.
 *
 *   h1,h4 - s1 --- s2 - h2
 *                  |
 *            h3 - s3
 *
 * The links are cables: across patch ports Open vSwitch would not write the changes to the frames.
 */
const LINKS: readonly Cable[] = [
  ["s1", 10, "s2", 10],
  ["s2", 11, "s3", 11],
];

const monitor = hostAddresses(3);
const v4 = { src: h1.ip, dst: h2.ip };
const v6 = { src: h1.ip6, dst: h2.ip6 };
const text = (length: number) => new Uint8Array(length).map((_, at) => 33 + (at % 90));

function frame(payload: packet.EthernetPayload): Uint8Array {
  return packet.ethernet({ src: h1.mac, dst: h2.mac }, payload);
}

function over4(payload: packet.IpPayload, header: object = {}): Uint8Array {
  return frame(packet.ipv4({ ...v4, ...header }, payload));
}

function over6(payload: packet.IpPayload, header: object = {}): Uint8Array {
  return frame(packet.ipv6({ ...v6, ...header }, payload));
}

/** The same frame with other bytes from an offset on. */
function patched(bytes: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const edited = bytes.slice();
  edited.set(values, at);
  return edited;
}

const raw = (protocol: number, bytes: Uint8Array): packet.IpPayload => ({ protocol, bytes });
const tcp4 = over4(packet.tcp({ src: 1, dst: 2 }, text(30)));
const udp4 = over4(packet.udp({ src: 1, dst: 2 }, text(31)));
const tcpOver6 = over6(packet.tcp({ src: 1, dst: 2 }, text(30)));
const udpOver6 = over6(packet.udp({ src: 1, dst: 2 }, text(31)));
const icmpOver6 = over6(packet.icmpv6({ rest: text(20) }));
/** Where checksums are in these frames. */
const AT = { ip: 24, tcp4: 50, udp4: 40, tcp6: 70, udp6: 60, icmp6: 56 } as const;
/** Bytes of a later fragment at the offset of a first fragment's checksum. */
const misleading = patched(text(64), 16, 0xff, 0xff);
const misleadingUdp = patched(text(64), 6, 0xff, 0xff);
const routed = { extensions: [{ type: "routing" }] };

/** Frames whose IP destination is rewritten in transit. */
const REWRITTEN: readonly (readonly [string, Uint8Array])[] = [
  ["TCP", tcp4],
  ["TCP, wrong checksum", patched(tcp4, AT.tcp4, 0x12, 0x34)],
  ["TCP, checksum 0", patched(tcp4, AT.tcp4, 0, 0)],
  ["TCP with a tag", tcp(h1, h2, { src: 1, dst: 2 }, { tags: [{ vid: 100, pcp: 3 }] })],
  ["TCP, truncated", over4(raw(6, text(12)))],
  ["TCP, garbage", over4(raw(6, text(60)))],
  ["UDP", udp4],
  ["UDP without checksum", patched(udp4, AT.udp4, 0, 0)],
  ["UDP, checksum 0xffff", patched(udp4, AT.udp4, 0xff, 0xff)],
  ["UDP, wrong checksum", patched(udp4, AT.udp4, 0xab, 0xcd)],
  ["UDP, truncated", over4(raw(17, text(5)))],
  ["ICMP", ping(h1, h2)],
  ["SCTP", over4(packet.sctp({ src: 1, dst: 2 }))],
  ["another protocol", over4(raw(253, text(40)))],
  ["nothing in it", over4(raw(253, new Uint8Array()))],
  ["options", over4(packet.tcp({ src: 1, dst: 2 }), { options: text(12) })],
  ["wrong IPv4 checksum", patched(udp4, AT.ip, 0xde, 0xad)],
  ["IPv4 checksum 0", patched(udp4, AT.ip, 0, 0)],
  ["a first fragment", over4(packet.udp({ src: 1, dst: 2 }, text(32)), { moreFragments: true })],
  ["a first fragment of TCP", over4(packet.tcp({ src: 1, dst: 2 }), { moreFragments: true })],
  ["padding", patched(new Uint8Array([...over4(raw(6, text(12))), ...text(20)]), 0)],
  ["TCP over IPv6", tcpOver6],
  ["TCP over IPv6, wrong checksum", patched(tcpOver6, AT.tcp6, 0x12, 0x34)],
  ["UDP over IPv6", udpOver6],
  ["UDP over IPv6 without checksum", patched(udpOver6, AT.udp6, 0, 0)],
  ["UDP over IPv6, checksum 0xffff", patched(udpOver6, AT.udp6, 0xff, 0xff)],
  ["ICMPv6", icmpOver6],
  ["ICMPv6, checksum 0", patched(icmpOver6, AT.icmp6, 0, 0)],
  ["SCTP over IPv6", over6(packet.sctp({ src: 1, dst: 2 }))],
  ["TCP over IPv6, truncated", over6(raw(6, text(12)))],
  ["a routing header", over6(packet.tcp({ src: 1, dst: 2 }), routed)],
  ["a first fragment over IPv6", over6(packet.tcp({ src: 1, dst: 2 }), fragment(0))],
];

/** Frames of which only the MAC addresses are rewritten. */
const KEPT: readonly (readonly [string, Uint8Array])[] = [
  ["ARP", arpReply(h1, h2)],
  ["another address of h2", tcp(h1, { ...h2, ip: "10.1.1.77" }, { src: 1, dst: 2 })],
  ["a later fragment of TCP", over4(raw(6, misleading), { fragmentOffset: 4 })],
  ["a later fragment of UDP", over4(raw(17, misleadingUdp), { fragmentOffset: 4 })],
  ["a later fragment over IPv6", over6(raw(6, misleading), fragment(4))],
  ["an IPv6 extension header cut off", over6(raw(0, text(4)))],
  ["IP protocol 0", over4(raw(0, text(30)))],
  ["an IPv4 header that contradicts itself", patched(tcp4, 16, 0xff, 0xff)],
];

/** Checksums 0xffff: no sender computes them, and an incremental update cannot distinguish them from 0. */
const AMBIGUOUS: readonly (readonly [string, Uint8Array, number])[] = [
  ["TCP", patched(tcp4, AT.tcp4, 0xff, 0xff), AT.tcp4],
  ["TCP over IPv6", patched(tcpOver6, AT.tcp6, 0xff, 0xff), AT.tcp6],
  ["ICMPv6", patched(icmpOver6, AT.icmp6, 0xff, 0xff), AT.icmp6],
  ["IPv4", patched(udp4, AT.ip, 0xff, 0xff), AT.ip],
];

function fragment(offset: number): object {
  return { extensions: [{ type: "fragment", offset, more: true }] };
}

describe("copies whose IP destination is rewritten", () => {
  let scenario: Scenario;
  let cables: Cables;

  beforeAll(async () => {
    scenario = await Scenario.start({
      switches: ["s1", "s2", "s3"],
      links: LINKS,
      hosts: [
        [1, "s1", 1],
        [4, "s1", 2],
        [2, "s2", 1],
        [3, "s3", 1],
      ],
      config: { discovery: false, pathProbeSeconds: 0 },
      policies: [
        {
          id: "all",
          sender: { host: "h1" },
          receiver: { host: "h2" },
          monitors: [{ host: "h3" }],
          copy: { rewriteIp: true },
        },
        {
          id: "here",
          sender: { host: "h1" },
          receiver: { host: "h2" },
          monitors: [{ host: "h4" }],
        },
        {
          id: "treated",
          sender: { host: "h4" },
          receiver: { host: "h2", ip: h2.ip },
          monitors: [{ host: "h3" }],
          copy: { delivery: "rewrite", rewriteIp: true, truncate: 60, rateLimit: { pps: 1000 } },
        },
      ],
    });
    cables = await Cables.lay(scenario, LINKS);
  });
  afterAll(() => scenario.stop());

  /** Sends a frame, checks all receivers, and returns the copy as it left s2 for s3. */
  async function copyOf(bytes: Uint8Array, restored = bytes): Promise<Uint8Array> {
    const hex = Buffer.from(bytes).toString("hex");
    const received = await cables.carry(bytes, "h1");
    expect(received.h2).toEqual([hex]);
    expect(received.h4).toEqual([hex]);
    expect(received.h3).toEqual([Buffer.from(restored).toString("hex")]);
    expect(received["s2-p11"]).toHaveLength(1);
    return Buffer.from(received["s2-p11"]?.[0] ?? "", "hex");
  }

  test.each(REWRITTEN)(
    "%s: the monitor's address in transit, bit-exact at the monitor",
    async (_, bytes) => {
      const fields = packet.frameFields(await copyOf(bytes));
      const expected4 = packet.frameFields(
        frame(packet.ipv4({ src: h1.ip, dst: monitor.ip }, raw(1, bytes))),
      );
      const expected6 = packet.frameFields(
        frame(packet.ipv6({ src: h1.ip6, dst: monitor.ip6 }, raw(1, bytes))),
      );
      expect(fields?.ipv4Dst ?? fields?.ipv6Dst).toBe(
        fields?.ethType === 0x0800 ? expected4?.ipv4Dst : expected6?.ipv6Dst,
      );
    },
  );

  test.each(KEPT)("%s: only the MAC addresses are rewritten in transit", async (_, bytes) => {
    const copy = await copyOf(bytes);
    expect(Buffer.from(copy.subarray(12)).toString("hex")).toBe(
      Buffer.from(bytes.subarray(12)).toString("hex"),
    );
    expect(packet.frameFields(copy)?.ethDst).toBe(0xfa0000000003);
  });

  test.each(AMBIGUOUS)("%s checksum 0xffff arrives as 0, its other form", async (_, bytes, at) => {
    await copyOf(bytes, patched(bytes, at, 0, 0));
  });

  test("packets in transit are valid: their checksums match the rewritten address", async () => {
    const built = [tcp, tcp6, udp].map(
      (build) =>
        [build(h1, h2, { src: 1, dst: 2 }), build(h1, monitor, { src: 1, dst: 2 })] as const,
    );
    for (const [bytes, rewritten] of built) {
      const copy = await copyOf(bytes);
      expect(Buffer.from(copy.subarray(12)).toString("hex")).toBe(
        Buffer.from(rewritten.subarray(12)).toString("hex"),
      );
    }
  });

  test("truncated, rate-limited copies get their address back before they are truncated", async () => {
    const bytes = tcp(hostAddresses(4), h2, { src: 1, dst: 2 });
    const received = await cables.carry(bytes, "h4");
    const hex = Buffer.from(bytes).toString("hex");
    expect(received.h2).toEqual([hex]);
    expect(received.h3).toEqual([hex.slice(0, 120)]);
    const [copy = ""] = received["s2-p11"] ?? [];
    expect(packet.frameFields(Buffer.from(copy, "hex"))?.ipv4Dst).toBe(0x0a010103);
    expect(copy).toHaveLength(hex.length);
  });

  test("the switches list what was sent to them", async () => {
    const { body } = await scenario.vtap.request("POST", "/switches:resync");
    expect(body.items.map(({ state }: { state: string }) => state)).toEqual(
      scenario.switchNames.map(() => "inSync"),
    );
  });

  test("validation reports what is on the wire", async () => {
    const { body } = await scenario.vtap.request("POST", "/policies:validate", {
      sender: { host: "h1" },
      receiver: { host: "h2" },
      monitors: [{ host: "h3" }],
      copy: { rewriteIp: true },
    });
    const text = JSON.stringify(body);
    expect(text).toContain("ip_dst 10.1.1.3");
    expect(text).toContain("ip_dst 10.1.1.2");
  });
});
