// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { arpReply, arpRequest, ping, tcp, tcp6, udp } from "../frames.ts";
import { h1, h2, h3, h6, hostAddresses } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/**
 * Four switches in a ring with a chord; h1 and h2 are production hosts, h3, h4 and h5 monitors.
 *
 *   h1,h6 - s1 --- s2 - h2
 *           |  \    |
 *   h3   - s4 --- s3 - h4,h5
 */
const mac = (n: number) => ({ mac: hostAddresses(n).mac });
const both = (n: number) => ({ mac: hostAddresses(n).mac, ip: hostAddresses(n).ip });

describe("copies across switches, with loops in the topology", () => {
  let scenario: Scenario;

  beforeAll(async () => {
    scenario = await Scenario.start({
      switches: ["s1", "s2", "s3", "s4"],
      links: [
        ["s1", 10, "s2", 10],
        ["s2", 11, "s3", 11],
        ["s3", 12, "s4", 12],
        ["s4", 13, "s1", 13],
        ["s1", 14, "s3", 14],
      ],
      hosts: [
        [1, "s1", 1],
        [6, "s1", 2],
        [2, "s2", 1],
        [4, "s3", 1],
        [5, "s3", 2],
        [3, "s4", 1],
      ],
      policies: [
        {
          id: "web",
          sender: mac(1),
          receiver: mac(2),
          monitors: [mac(3)],
          filters: { tcp_dst: 80 },
        },
        {
          id: "dns",
          sender: both(1),
          receiver: both(2),
          monitors: [mac(4), mac(5)],
          filters: { udp_dst: 53 },
        },
        {
          id: "vlan",
          sender: mac(1),
          receiver: mac(2),
          monitors: [mac(4)],
          filters: { vlan_vid: 100, icmpv4_type: 8 },
        },
        {
          id: "arp",
          sender: mac(1),
          receiver: mac(2),
          monitors: [mac(5)],
          direction: "both",
          filters: { arp_op: 2 },
        },
        // Overlaps "web": a web frame goes to both monitors, once each.
        {
          id: "all-tcp6",
          sender: mac(1),
          receiver: mac(2),
          monitors: [mac(3)],
          filters: { eth_type: "ipv6", tcp_dst: 80 },
        },
        { id: "local", sender: mac(6), receiver: mac(1), monitors: [mac(3)] },
      ],
    });
  });
  afterAll(async () => {
    await scenario.stop();
  });

  test("a matching frame reaches the receiver and the monitor on another switch, bit for bit", async () => {
    const frame = tcp(h1, h2, { src: 40000, dst: 80 });
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  });

  test("a frame that no filter matches is not copied", async () => {
    const frames = [
      tcp(h1, h2, { src: 40000, dst: 81 }),
      udp(h1, h2, { src: 1, dst: 80 }),
      ping(h1, h2),
    ];
    await scenario.expectDelivery("h1", frames, { h2: frames });
  });

  test("each of several monitors receives one copy", async () => {
    const frame = udp(h1, h2, { src: 5353, dst: 53 });
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h4: [frame], h5: [frame] });
  });

  test("identifiers with an IP address do not match another address behind the same MAC", async () => {
    const frame = udp({ ...h1, ip: "10.1.1.99" }, h2, { src: 5353, dst: 53 });
    await scenario.expectDelivery("h1", [frame], { h2: [frame] });
  });

  test("IPv6 frames are copied", async () => {
    const frame = tcp6(h1, h2, { src: 40000, dst: 80 });
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  });

  test("VLAN tags are matched and preserved", async () => {
    const tagged = ping(h1, h2, { tags: [{ vid: 100, pcp: 5 }] });
    const other = ping(h1, h2, { tags: [{ vid: 101 }] });
    await scenario.expectDelivery("h1", [tagged, other], { h2: [tagged, other], h4: [tagged] });
  });

  test("ARP, both directions", async () => {
    const there = arpReply(h1, h2);
    await scenario.expectDelivery("h1", [there], { h2: [there], h5: [there] });
    const back = arpReply(h2, h1);
    await scenario.expectDelivery("h2", [back], { h1: [back], h5: [back] });
  });

  test("a broadcast reaches every host once and is not copied", async () => {
    const frame = arpRequest(h1, h2);
    const all = { h2: [frame], h3: [frame], h4: [frame], h5: [frame], h6: [frame] };
    await scenario.expectDelivery("h1", [frame], all);
  });

  test("sender and receiver on one switch, monitor on another", async () => {
    const frame = tcp(h6, h1, { src: 1, dst: 2 });
    await scenario.expectDelivery("h6", [frame], { h1: [frame], h3: [frame] });
  });

  test("the reverse direction is not copied unless requested", async () => {
    const frame = tcp(h2, h1, { src: 80, dst: 40000 });
    await scenario.expectDelivery("h2", [frame], { h1: [frame] });
  });

  test("a frame from the sender addressed to the monitor arrives unaltered, once", async () => {
    const frame = tcp(h1, h3, { src: 40000, dst: 80 });
    await scenario.expectDelivery("h1", [frame], { h3: [frame] });
  });

  test("frames with the sender's address from another port are not copied", async () => {
    const forged = tcp(h1, h2, { src: 40000, dst: 80 });
    await scenario.expectDelivery("h6", [forged], { h2: [forged] });
  });

  test("a burst of mixed frames: each exactly once", async () => {
    const frames: Uint8Array[] = [];
    const web: Uint8Array[] = [];
    for (let n = 0; n < 300; n++) {
      const dst = n % 3 === 0 ? 80 : 8000 + n;
      const frame = tcp(h1, h2, { src: 1024 + n, dst }, { data: `frame ${n}` });
      frames.push(frame);
      if (dst === 80) web.push(frame);
    }
    await scenario.expectDelivery("h1", frames, { h2: frames, h3: web });
  });

  test("every policy is active", async () => {
    const { items } = await scenario.vtap.get("/policies");
    expect(items.map((item: { id: string; status: unknown }) => [item.id, item.status])).toEqual(
      ["all-tcp6", "arp", "dns", "local", "vlan", "web"].map((id) => [
        id,
        { state: "active", reasons: [] },
      ]),
    );
  });
});
