// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildFrame, frameFields, withFrameField } from "../../../src/packet/index.ts";
import { OvsLab } from "../../lab/index.ts";
import { propertySeed } from "../../properties.ts";
import { anyFrame, wellFormedFrame } from "../frames.ts";

const DESTINATIONS = [
  ["10.1.1.3", 0x0a010103],
  ["255.255.0.0", 0xffff0000],
] as const;
const [WIDE, WIDE_TEXT] = [0xfd00_0000_0000_0000_0000_ffff_0000_0003n, "fd00::ffff:0:3"];

let lab: OvsLab;
beforeAll(async () => {
  lab = await OvsLab.start();
  await lab.addSwitch({
    name: "s1",
    hosts: [1, 2].map((port) => ({ name: `h${port}`, port })),
  });
});
afterAll(() => lab.stop());

test.each([
  ["well-formed", wellFormedFrame],
  ["damaged", anyFrame],
])("%s frames with another IP destination are those that Open vSwitch makes", async (_, frames) => {
  const sample = fc.sample(frames, { numRuns: 1500, seed: propertySeed });
  for (const [text, value] of DESTINATIONS) {
    await lab.bundle("s1", [
      "flow delete",
      `flow add priority=2,ip,actions=set_field:${text}->ip_dst,output:2`,
      `flow add priority=2,ipv6,actions=set_field:${WIDE_TEXT}->ipv6_dst,output:2`,
      "flow add priority=1,actions=output:2",
    ]);
    lab.clear();
    await lab.inject("h1", sample);
    const made = lab.frames("h2").map((frame) => Buffer.from(frame).toString("hex"));
    const expected = sample.map((frame) => {
      const type = frameFields(frame)?.ethType;
      if (type === 0x0800) return withFrameField(frame, "ipv4Dst", value);
      return type === 0x86dd ? withFrameField(frame, "ipv6Dst", WIDE) : frame;
    });
    expected.forEach((frame, index) => {
      const context = `seed ${propertySeed}, ${Buffer.from(sample[index] ?? []).toString("hex")} to ${text}, which made ${made[index]}`;
      expect(Buffer.from(frame).toString("hex"), context).toBe(made[index]);
    });
  }
});

test("an edit leaves the frame that it was given as it is, also in a Buffer", () => {
  const given = Buffer.from(buildFrame({ ethSrc: 1, ethDst: 2, tcpDst: 80 }));
  const before = given.toString("hex");
  withFrameField(given, "ethDst", 9);
  expect(given.toString("hex")).toBe(before);
});
