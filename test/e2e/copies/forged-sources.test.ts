// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tcp } from "../frames.ts";
import { h1, h2, h3, h4, h5 } from "../hosts.ts";
import { Scenario } from "../scenario.ts";

/** s1: server h1, h2; s2: monitor h3, h4; s3 behind it: h5. */
function start(forwarding: unknown) {
  return Scenario.start({
    switches: ["s1", "s2", "s3"].map((name) => ({ name, forwarding })),
    links: [
      ["s1", 10, "s2", 10],
      ["s2", 11, "s3", 11],
    ],
    hosts: [
      [1, "s1", 1],
      [2, "s1", 2],
      [3, "s2", 3],
      [4, "s2", 4],
      [5, "s3", 5],
    ],
    policies: [
      { id: "to-server", sender: "any", receiver: { mac: h1.mac }, monitors: [{ mac: h3.mac }] },
    ],
  });
}

describe.each(["paths", "normal"])("a policy for frames of any sender, where %s forwards", (by) => {
  let scenario: Scenario;
  const ports = { src: 40000, dst: 80 };
  const forged = tcp(h3, h1, ports);

  beforeAll(async () => {
    scenario = await start(by);
    // Switches that learn by themselves know where the hosts are.
    for (const [name, host] of Object.entries({ h1, h2, h3, h4, h5 })) {
      await scenario.lab.inject(name, [tcp(host, { ...host, mac: "ff:ff:ff:ff:ff:ff" }, ports)]);
    }
  });
  afterAll(() => scenario?.stop());

  test.each(["h4", "h5", "h2"])(
    "copies a frame from %s that forges the monitor's address, once and bit for bit",
    async (from) => {
      await scenario.expectDelivery(from, [forged], { h1: [forged], h3: [forged] });
    },
  );

  test("copies nothing that the monitor sends itself, and everything else", async () => {
    await scenario.expectDelivery("h3", [forged], { h1: [forged] });
    const other = tcp(h4, h1, ports);
    await scenario.expectDelivery("h4", [other], { h1: [other], h3: [other] });
  });

  test("explains both", async () => {
    const explain = async (at: object) => {
      const frame = forged.reduce((text, byte) => text + byte.toString(16).padStart(2, "0"), "");
      const { status, body } = await scenario.vtap.request("POST", "/explain", { at, frame });
      expect({ status, agreement: body.agreement }).toEqual({
        status: 200,
        agreement: { ok: true, problems: [] },
      });
      return body.policies[0].monitors;
    };
    expect(await explain({ switch: "s2", port: 4 })).toEqual([{ monitor: h3.mac, copied: true }]);
    expect(await explain({ switch: "s2", port: 3 })).toEqual([
      { monitor: h3.mac, copied: false, reason: "it is the monitor's own conversation" },
    ]);
  });

  test("is active", async () => {
    const { status } = await scenario.vtap.get("/policies/to-server");
    expect(status).toEqual({ state: "active", reasons: [] });
  });
});
