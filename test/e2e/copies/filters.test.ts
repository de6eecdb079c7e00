// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, test } from "vitest";
import * as packet from "../../../src/packet/index.ts";
import { type HostAddresses, h1, h2, h3, h4, mac } from "../hosts.ts";
import { TWO_SENDERS } from "../plans.ts";
import { Scenario } from "../scenario.ts";

/** A TCP segment, or a UDP datagram where `flags` are missing. */
function segment(
  from: HostAddresses,
  to: HostAddresses,
  ports: packet.Ports,
  { flags, ttl = 64, family = 4 }: { flags?: number; ttl?: number; family?: 4 | 6 } = {},
): Uint8Array {
  const payload = flags === undefined ? packet.udp(ports) : packet.tcp({ ...ports, flags });
  const data = { ...payload, bytes: Uint8Array.from([...payload.bytes, ...new Uint8Array(26)]) };
  return packet.ethernet(
    { src: from.mac, dst: to.mac },
    family === 4
      ? packet.ipv4({ src: from.ip, dst: to.ip, ttl }, data)
      : packet.ipv6({ src: from.ip6, dst: to.ip6, hopLimit: ttl }, data),
  );
}

const SYN = 0x02;
const ACK = 0x10;

/**
 * Filters that OpenFlow 1.4 does not have, and lists, on real switches.
 *
 *   h1, h4 - s1 - s2 - h2, h3 (the monitor)
 */
describe("filters on real switches", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TWO_SENDERS,
      config: { tapVlanRange: "4000-4010" },
    });
  });
  afterAll(async () => {
    await scenario.stop();
  });

  /** Sends frames from h1 to h2 under a policy with filters; expects a copy of the chosen ones. */
  async function expectCopies(filters: object, copied: Uint8Array[], others: Uint8Array[]) {
    const ends = { sender: mac(h1), receiver: mac(h2), monitors: [mac(h3)] };
    await scenario.createPolicy({ id: "filtered", ...ends, filters });
    const sent = [...copied, ...others];
    await scenario.expectDelivery("h1", sent, { h2: sent, h3: copied });
    await scenario.deletePolicy("filtered");
  }

  const ports = { src: 1000, dst: 80 };

  test("tcp_flags: SYN without ACK, exactly SYN and ACK, a mask", async () => {
    const syn = segment(h1, h2, ports, { flags: SYN });
    const ecnSyn = segment(h1, h2, ports, { flags: SYN | 0xc0, family: 6 });
    const synAck = segment(h1, h2, ports, { flags: SYN | ACK });
    const ack = segment(h1, h2, ports, { flags: ACK });
    const datagram = segment(h1, h2, ports);
    await expectCopies({ tcp_flags: "+syn-ack" }, [syn, ecnSyn], [synAck, ack, datagram]);
    await expectCopies({ tcp_flags: "syn|ack" }, [synAck], [syn, ecnSyn, ack, datagram]);
    await expectCopies({ tcp_flags: ["syn", "0xc0/0xc0"] }, [syn, ecnSyn], [synAck, ack, datagram]);
  });

  test("ip_ttl: of IPv4 and IPv6", async () => {
    const last = segment(h1, h2, ports, { ttl: 1 });
    const last6 = segment(h1, h2, ports, { ttl: 0, family: 6 });
    const others = [segment(h1, h2, ports), segment(h1, h2, ports, { ttl: 2 })];
    await expectCopies({ ip_ttl: "0-1" }, [last, last6], others);
  });

  test("port: of TCP and UDP, on either side", async () => {
    const dns = [
      segment(h1, h2, { src: 1000, dst: 53 }),
      segment(h1, h2, { src: 53, dst: 1000 }, { family: 6 }),
      segment(h1, h2, { src: 1000, dst: 53 }, { flags: ACK }),
      segment(h1, h2, { src: 53, dst: 53 }, { flags: ACK, family: 6 }),
    ];
    await expectCopies({ port: "domain" }, dns, [segment(h1, h2, { src: 54, dst: 52 })]);
  });

  test("any of several filters, and any of several senders, once each", async () => {
    await scenario.createPolicy({
      id: "listed",
      sender: [mac(h1), { ip: h1.ip }, mac(h4)],
      receiver: mac(h2),
      monitors: [mac(h3)],
      filters: [{ tcp_dst: 80 }, { tcp_flags: "+syn" }],
    });
    const web = segment(h1, h2, ports, { flags: SYN });
    const other = segment(h1, h2, { src: 1, dst: 2 }, { flags: ACK });
    await scenario.expectDelivery("h1", [web, other], { h2: [web, other], h3: [web] });
    const fromH4 = segment(h4, h2, { src: 1, dst: 2 }, { flags: SYN });
    await scenario.expectDelivery("h4", [fromH4], { h2: [fromH4], h3: [fromH4] });
    await scenario.deletePolicy("listed");
  });
});
