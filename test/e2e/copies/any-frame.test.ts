// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, test } from "vitest";
import { arpRequest, ping, tcp, tcp6 } from "../frames.ts";
import { h1, h2, h3, h4, h5, mac } from "../hosts.ts";
import { THREE_SWITCHES } from "../plans.ts";
import { Scenario } from "../scenario.ts";

/**
 * Wildcard identifiers on real switches: copies that no tap mark can carry (broadcast, many pairs)
 * travel under an outer VLAN tag; a monitor behind the sender's own port receives its copy by IN_PORT.
 *
 *   h1,h5 (one port) - s1 - s2 - s3 - h3,  h2 on s2, h4 on s3
 */
describe("taps on any frame", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...THREE_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [5, "s1", 1],
        [2, "s2", 2],
        [3, "s3", 3],
        [4, "s3", 4],
      ],
      uses: { h5: { sharedPort: true } },
      config: { tapVlanRange: "4000-4010" },
    });
  });
  afterAll(async () => {
    await scenario.stop();
  });

  test("all frames that enter a port, including broadcasts, under an outer tag", async () => {
    await scenario.createPolicy({
      id: "port",
      sender: { port: { switch: "s2", port: 2 } },
      receiver: "any",
      monitors: [mac(h3)],
    });
    const unicast = tcp(h2, h1, { src: 1, dst: 2 }, { tags: [{ vid: 100 }] });
    await scenario.expectDelivery("h2", [unicast], { h1: [unicast], h3: [unicast] });
    const broadcast = arpRequest(h2, h4);
    // The monitor is a host of the network, too: it receives the original and its copy.
    await scenario.expectDelivery("h2", [broadcast], {
      h1: [broadcast],
      h3: [broadcast, broadcast],
      h4: [broadcast],
    });
    await scenario.deletePolicy("port");
  });

  test("an IP prefix as sender, any receiver", async () => {
    await scenario.createPolicy({
      id: "prefix",
      sender: { ip: "10.1.1.0/30" },
      receiver: "any",
      monitors: [mac(h3)],
      filters: { ip_proto: "tcp" },
    });
    const inside = tcp(h2, h4, { src: 1, dst: 2 });
    const other = ping(h2, h4);
    const six = tcp6(h2, h4, { src: 1, dst: 2 });
    await scenario.expectDelivery("h2", [inside, other, six], {
      h4: [inside, other, six],
      h3: [inside],
    });
    await scenario.deletePolicy("prefix");
  });

  test("a monitor behind the sender's own port", async () => {
    await scenario.createPolicy({
      id: "hairpin",
      sender: mac(h1),
      receiver: mac(h2),
      monitors: [mac(h5)],
    });
    const frame = ping(h1, h2);
    // The copy leaves by the cable that h1 and h5 share.
    await scenario.expectDelivery("h1", [frame], { h2: [frame], h1: [frame] });
    await scenario.deletePolicy("hairpin");
  });

  test("the receiver is unknown: the original floods as it does without the tap", async () => {
    const stranger = { ...h2, mac: "fa:00:00:00:00:99" };
    const frame = tcp(h2, stranger, { src: 1, dst: 2 });
    const flood = { h1: [frame], h3: [frame], h4: [frame] };
    await scenario.expectDelivery("h2", [frame], flood);
    await scenario.createPolicy({
      id: "flood",
      sender: mac(h2),
      receiver: mac(stranger),
      monitors: [mac(h3)],
    });
    await scenario.expectDelivery("h2", [frame], { ...flood, h3: [frame, frame] });
    await scenario.deletePolicy("flood");
  });
});
