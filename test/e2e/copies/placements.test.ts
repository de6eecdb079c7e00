// SPDX-License-Identifier: Apache-2.0
import { afterEach, describe, expect, test } from "vitest";
import { arpRequest, ping, tcp, udp } from "../frames.ts";
import { h1, h2, h3, mac } from "../hosts.ts";
import { THREE_SWITCHES, TWO_SWITCHES } from "../plans.ts";
import { Scenario, type ScenarioPlan } from "../scenario.ts";

const tap = (more: object = {}) => ({
  id: "tap",
  sender: mac(h1),
  receiver: mac(h2),
  monitors: [mac(h3)],
  ...more,
});

describe("places of senders, receivers and monitors", () => {
  let scenario: Scenario;
  const start = async (plan: ScenarioPlan) => {
    scenario = await Scenario.start(plan);
    return scenario;
  };
  afterEach(async () => {
    await scenario.stop();
  });

  test("one switch only", async () => {
    const one = await start({
      switches: ["s1"],
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
        [3, "s1", 3],
        [4, "s1", 4],
      ],
      policies: [tap()],
    });
    const frame = ping(h1, h2);
    await one.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    const back = ping(h2, h1);
    await one.expectDelivery("h2", [back], { h1: [back] });
  });

  test("monitor on the sender's switch, receiver elsewhere", async () => {
    const two = await start({
      ...TWO_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [3, "s1", 3],
        [2, "s2", 2],
      ],
      policies: [tap({ direction: "both" })],
    });
    const frame = udp(h1, h2, { src: 1, dst: 2 });
    await two.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
    const back = udp(h2, h1, { src: 2, dst: 1 });
    await two.expectDelivery("h2", [back], { h1: [back], h3: [back] });
  });

  test("sender, receiver and monitor behind one port each of three switches in a row", async () => {
    const row = await start({
      ...THREE_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [2, "s2", 2],
        [3, "s3", 3],
        [4, "s3", 4],
      ],
      policies: [tap()],
    });
    const frame = tcp(h1, h2, { src: 1, dst: 2 });
    await row.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  });

  test("the sender's place is unknown: the tap is at the receiver's edge", async () => {
    const stranger = { ...h1, mac: "fa:00:00:00:00:77" };
    const two = await start({
      ...TWO_SWITCHES,
      hosts: [
        [1, "s1", 1],
        [2, "s2", 2],
        [3, "s1", 3],
      ],
      policies: [tap({ sender: mac(stranger) })],
    });
    const frame = tcp(stranger, h2, { src: 1, dst: 2 });
    await two.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  });

  test("profile normal: originals follow the switches' own MAC learning", async () => {
    const normal = await start({
      switches: ["s1", "s2", "s3"].map((name) => ({ name, forwarding: "normal" })),
      links: [
        ["s1", 10, "s2", 10],
        ["s2", 11, "s3", 10],
      ],
      hosts: [
        [1, "s1", 1],
        [4, "s1", 4],
        [2, "s2", 2],
        [3, "s3", 3],
      ],
      policies: [tap()],
    });
    // No switch has learned an address yet: the original floods, the copy does not.
    const frame = tcp(h1, h2, { src: 1, dst: 2 });
    await normal.expectDelivery("h1", [frame], { h2: [frame], h3: [frame, frame], h4: [frame] });
    const hello = arpRequest(h2, h1);
    await normal.expectDelivery("h2", [hello], { h1: [hello], h3: [hello], h4: [hello] });
    await normal.expectDelivery("h1", [frame], { h2: [frame], h3: [frame] });
  });

  test("an unknown monitor keeps the policy pending, and the reason names it", async () => {
    const two = await start({
      switches: ["s1"],
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
      ],
    });
    const { status, body } = await two.vtap.request("POST", "/policies?wait=200", tap());
    expect(status).toBe(201);
    expect(body.status.state).toBe("pending");
    expect(body.status.reasons.join()).toContain(h3.mac);
    const frame = ping(h1, h2);
    await two.expectDelivery("h1", [frame], { h2: [frame] });
  });
});
