// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { formatIpv4, formatIpv6 } from "../../../src/openflow/index.ts";
import {
  arp,
  dhcp4,
  dhcp6,
  type EthernetPayload,
  ethernet,
  type IpPayload,
  ipv4,
  ipv6,
  mpls,
  neighbourAdvertisement,
  neighbourSolicitation,
  rarp,
  readObservedHost,
  routerAdvertisement,
  routerSolicitation,
  tcp,
  udp,
  type VlanTag,
} from "../../../src/packet/index.ts";
import { anyFrame, wellFormedFrame } from "../frames.ts";

const MAC = "fa:00:00:00:00:01";
const OTHER = "fa:00:00:00:00:02";
const LINK_LOCAL = "fe80::f800:ff:fe00:1";

function frame(payload: EthernetPayload, tags: readonly VlanTag[] = []): Uint8Array {
  return ethernet({ dst: "ff:ff:ff:ff:ff:ff", src: MAC, tags }, payload);
}

function nd(payload: IpPayload, src: string = LINK_LOCAL, hopLimit = 255): EthernetPayload {
  return ipv6({ src, dst: "ff02::1", hopLimit }, payload);
}

function claims(bytes: Uint8Array): string[] | undefined {
  return readObservedHost(bytes)?.claims.map(({ kind, ip }) => {
    return `${kind} ${ip.family === 4 ? formatIpv4(ip.value) : formatIpv6(ip.value)}`;
  });
}

const dhcp4From = (src: string, payload: IpPayload) =>
  ipv4({ src, dst: "255.255.255.255" }, payload);
const dhcp6From = (payload: IpPayload) => ipv6({ src: LINK_LOCAL, dst: "ff02::1:2" }, payload);

describe("claims of addresses in a frame", () => {
  test.each<[string, EthernetPayload, string[]]>([
    ["ARP request", arp({ sha: MAC, spa: "10.0.0.1", tpa: "10.0.0.2" }), ["uses 10.0.0.1"]],
    [
      "ARP reply",
      arp({ op: 2, sha: MAC, spa: "10.0.0.1", tha: OTHER, tpa: "10.0.0.2" }),
      ["uses 10.0.0.1"],
    ],
    ["gratuitous ARP", arp({ sha: MAC, spa: "10.0.0.1", tpa: "10.0.0.1" }), ["uses 10.0.0.1"]],
    ["ARP probe", arp({ sha: MAC, spa: 0, tpa: "10.0.0.1" }), ["probes 10.0.0.1"]],
    ["ARP reply from 0.0.0.0", arp({ op: 2, sha: MAC, spa: 0, tpa: "10.0.0.1" }), []],
    ["ARP with another sender", arp({ sha: OTHER, spa: "10.0.0.1", tpa: "10.0.0.2" }), []],
    ["ARP from a multicast address", arp({ sha: MAC, spa: "224.0.0.1", tpa: "10.0.0.2" }), []],
    ["ARP from a loopback address", arp({ sha: MAC, spa: "127.0.0.1", tpa: "10.0.0.2" }), []],
    ["ARP of an unknown operation", arp({ op: 9, sha: MAC, spa: "10.0.0.1", tpa: 0 }), []],
    ["RARP after a migration", rarp(MAC), []],
    [
      "neighbour solicitation",
      nd(neighbourSolicitation("fd00::2", MAC), "fd00::1"),
      ["uses fd00::1"],
    ],
    ["duplicate address detection", nd(neighbourSolicitation("fd00::1"), "::"), ["probes fd00::1"]],
    ["solicitation with another's address", nd(neighbourSolicitation("fd00::2", OTHER)), []],
    [
      "neighbour advertisement",
      nd(neighbourAdvertisement("fd00::1", MAC)),
      ["uses fd00::1", `uses ${LINK_LOCAL}`],
    ],
    ["advertisement of itself", nd(neighbourAdvertisement("fd00::1"), "fd00::1"), ["uses fd00::1"]],
    ["proxy advertisement", nd(neighbourAdvertisement("fd00::1", OTHER)), []],
    ["forwarded advertisement", nd(neighbourAdvertisement("fd00::1", MAC), "fd00::1", 64), []],
    ["router solicitation", nd(routerSolicitation(MAC)), [`uses ${LINK_LOCAL}`]],
    ["router solicitation without an address", nd(routerSolicitation(), "::"), []],
    ["router advertisement", nd(routerAdvertisement(MAC)), [`uses ${LINK_LOCAL}`]],
    ["DHCP discover", dhcp4From("0.0.0.0", dhcp4({ type: 1, chaddr: MAC })), []],
    [
      "DHCP renewal",
      dhcp4From("10.0.0.1", dhcp4({ type: 3, chaddr: MAC, ciaddr: "10.0.0.1" })),
      ["uses 10.0.0.1"],
    ],
    [
      "DHCP inform behind other options",
      dhcp4From(
        "10.0.0.1",
        dhcp4({
          type: 8,
          chaddr: MAC,
          ciaddr: "10.0.0.1",
          options: Uint8Array.of(0, 12, 2, 65, 66),
        }),
      ),
      ["uses 10.0.0.1"],
    ],
    [
      "DHCP release",
      dhcp4From("10.0.0.1", dhcp4({ type: 7, chaddr: MAC, ciaddr: "10.0.0.1" })),
      ["leaves 10.0.0.1"],
    ],
    [
      "DHCP of another host (a relay)",
      dhcp4From("10.0.0.1", dhcp4({ type: 3, chaddr: OTHER, ciaddr: "10.0.0.1" })),
      [],
    ],
    ["DHCPv6 solicit", dhcp6From(dhcp6({ type: 1, addresses: ["fd00::1"] })), []],
    [
      "DHCPv6 renewal",
      dhcp6From(dhcp6({ type: 5, addresses: ["fd00::1", "fd00::2"] })),
      ["uses fd00::1", "uses fd00::2"],
    ],
    ["DHCPv6 release", dhcp6From(dhcp6({ type: 8, addresses: ["fd00::1"] })), ["leaves fd00::1"]],
    [
      "an ordinary packet, maybe a router's",
      ipv4({ src: "10.0.0.1", dst: "10.0.0.2" }, tcp({ src: 1, dst: 80 })),
      [],
    ],
    ["a DNS query", ipv4({ src: "10.0.0.1", dst: "10.0.0.2" }, udp({ src: 68, dst: 53 })), []],
    ["MPLS", mpls([{ label: 3 }], Uint8Array.of(1, 2, 3)), []],
  ])("%s", (_, payload, expected) => {
    expect(claims(frame(payload))).toEqual(expected);
    // The same claims behind tags.
    const tags = [{ vid: 100, tpid: 0x88a8 }, { vid: 7 }];
    expect(claims(frame(payload, tags))).toEqual(expected);
  });
});

describe("VLAN of a frame", () => {
  const hello = arp({ sha: MAC, spa: "10.0.0.1", tpa: "10.0.0.2" });
  test.each<[string, VlanTag[], number | undefined]>([
    ["untagged", [], undefined],
    ["tagged", [{ vid: 10 }], 10],
    ["QinQ: the outer one", [{ vid: 200, tpid: 0x88a8 }, { vid: 10 }], 200],
    ["the old QinQ", [{ vid: 200, tpid: 0x9100 }, { vid: 10 }], 200],
    ["a priority tag", [{ vid: 0, pcp: 5 }], undefined],
    ["a priority tag before a VLAN", [{ vid: 0, pcp: 5 }, { vid: 10 }], 10],
  ])("%s", (_, tags, vlan) => {
    expect(readObservedHost(frame(hello, tags))).toMatchObject({ mac: 0xfa0000000001, vlan });
  });
});

describe("laws", () => {
  test("no bytes cause an exception, and a frame's sender is always read", () => {
    fc.assert(
      fc.property(fc.oneof(anyFrame, fc.uint8Array({ maxLength: 400 })), (bytes) => {
        const observed = readObservedHost(bytes);
        expect(observed === undefined).toBe(bytes.length < 14);
        if (!observed) return;
        const mac = Buffer.from(bytes.subarray(6, 12)).readUIntBE(0, 6);
        expect(observed.mac).toBe(mac);
      }),
      { numRuns: 3000 },
    );
  });

  test("a truncated frame claims nothing that the whole frame does not", () => {
    fc.assert(
      fc.property(wellFormedFrame, fc.nat(), (bytes, cut) => {
        const whole = new Set(claims(bytes));
        const part = claims(bytes.subarray(0, 14 + (cut % (bytes.length - 13)))) ?? [];
        expect(part.filter((claim) => !whole.has(claim))).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test("random bytes behind the headers of every protocol claim nothing beyond their content", () => {
    const payloads = fc.oneof(
      fc
        .uint8Array({ maxLength: 300 })
        .map((bytes) => dhcp4From("10.0.0.1", udp({ src: 68, dst: 67 }, bytes))),
      fc
        .uint8Array({ maxLength: 300 })
        .map((bytes) => dhcp6From(udp({ src: 546, dst: 547 }, bytes))),
      fc
        .tuple(fc.constantFrom(133, 134, 135, 136), fc.uint8Array({ maxLength: 60 }))
        .map(([type, rest]) => nd({ protocol: 58, bytes: Uint8Array.of(type, 0, 0, 0, ...rest) })),
    );
    fc.assert(
      fc.property(payloads, (payload) => {
        for (const claim of readObservedHost(frame(payload))?.claims ?? []) {
          expect(claim.ip.value > 0).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});
