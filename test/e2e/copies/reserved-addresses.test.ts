// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Scenario } from "../scenario.ts";

const STRANGER = "fa0000000099";
const H1 = "fa0000000001";
const bytes = (hex: string) => Buffer.from(hex.padEnd(120, "0"), "hex");

/** Frames of protocols between neighbours, from a known host and from an unknown one. */
const FRAMES: Record<string, Uint8Array> = {
  EAPOL: bytes(`0180c2000003${H1}888e0101`),
  "spanning tree": bytes(`0180c2000000${STRANGER}0026424203000000`),
  LACP: bytes(`0180c2000002${STRANGER}88090101`),
  LLDP: bytes(`0180c200000e${H1}88cc0207`),
  "tagged PTP": bytes(`0180c200000e${STRANGER}8100706488f70002`),
};

/** A link that is proven to be direct carries marks, any other one tags. */
describe.each([
  ["by marks", "paths", {}],
  ["by marks", "normal", {}],
  ["by marks", { table: 5 }, {}],
  ["by tags", "paths", { tapVlanRange: "3900-3999", discovery: false }],
  ["by tags", "normal", { tapVlanRange: "3900-3999", discovery: false }],
])("frames for 01:80:c2:00:00:00 to 0f, %s, where %j forwards", (_, forwarding, config) => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      switches: [
        { name: "s1", forwarding },
        { name: "s2", forwarding: "normal" },
        { name: "s3", forwarding },
      ],
      links: [
        ["s1", 10, "s2", 10],
        ["s2", 11, "s3", 10],
      ],
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
        [3, "s1", 3],
        [4, "s3", 4],
      ],
      policies: [
        {
          id: "from-port",
          sender: { port: { switch: "s1", port: 1 } },
          receiver: "any",
          monitors: [{ host: "h3" }, { host: "h4" }],
        },
        {
          id: "to-port",
          sender: "any",
          receiver: { port: { switch: "s1", port: 1 } },
          monitors: [{ host: "h3" }],
        },
      ],
      config,
    });
  });
  afterAll(() => scenario?.stop());

  test.each(Object.entries(FRAMES))("%s is copied and not forwarded", async (_name, frame) => {
    await scenario.expectDelivery("h1", [frame], { h3: [frame], h4: [frame] });
  });

  test("what enters elsewhere leaves by no port", async () => {
    for (const frame of Object.values(FRAMES)) await scenario.expectDelivery("h2", [frame], {});
  });

  test("the switches list what was sent to them", async () => {
    const { body } = await scenario.vtap.request("POST", "/switches:resync");
    expect(body.items.map(({ state }: { state: string }) => state)).toEqual(
      scenario.switchNames.map(() => "inSync"),
    );
  });

  test("both policies are active", async () => {
    for (const id of ["from-port", "to-port"]) {
      const { status } = await scenario.vtap.get(`/policies/${id}`);
      expect([id, status.state]).toEqual([id, "active"]);
    }
  });
});
