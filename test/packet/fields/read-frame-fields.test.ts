// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  ethernet,
  frameFields,
  ipv4,
  ipv6,
  rawPayload,
  tcp,
  udp,
} from "../../../src/packet/index.ts";
import { OvsLab } from "../../lab/index.ts";
import { propertySeed } from "../../properties.ts";
import { anyFrame, wellFormedFrame } from "../frames.ts";
import { fieldsOfOvsFlow, ovsFlowLines } from "../ovs-fields.ts";

const header = { dst: "fa:00:00:00:00:02", src: "fa:00:00:00:00:01" };
const fragment = { moreFragments: true } as const;
const v4 = { src: "10.0.0.1", dst: "10.0.0.2" };
const v6 = { src: "fd00::1", dst: "fd00::2" };

/** As `ovs-ofctl parse-pcap` reads: behind two tags, ports of first fragments shown. */
const AS_PARSE_PCAP = { vlanLimit: 2, fragmentPorts: true };

test.each([
  ["well-formed", wellFormedFrame],
  ["damaged", anyFrame],
])("fields of 3000 %s frames are those Open vSwitch extracts", (_, arbitrary) => {
  const frames = fc.sample(arbitrary, { numRuns: 3000, seed: propertySeed });
  const lines = ovsFlowLines(frames);
  expect(lines).toHaveLength(frames.length);
  frames.forEach((frame, index) => {
    const line = lines[index] ?? "";
    const context = `seed ${propertySeed}, frame ${Buffer.from(frame).toString("hex")}\n${line}`;
    expect(frameFields(frame, AS_PARSE_PCAP), context).toEqual(fieldsOfOvsFlow(line));
  });
});

test("bytes shorter than an Ethernet header are no frame", () => {
  expect(frameFields(new Uint8Array(13))).toBeUndefined();
  expect(frameFields(new Uint8Array(14))).toEqual({
    ethDst: 0,
    ethSrc: 0,
    ethType: 0x5ff,
    vlanVid: 0,
  });
});

/** What only a switch's tables show: its default treatment of fragments and second tags. */
describe("in the tables of a switch", () => {
  let lab: OvsLab;
  beforeAll(async () => {
    lab = await OvsLab.start();
    const hosts = [1, 2, 3].map((port) => ({ name: `h${port}`, port }));
    await lab.addSwitch({ name: "s1", hosts });
  });
  afterAll(() => lab.stop());

  test.each([
    [
      "a first fragment",
      ipv4({ ...v4, ...fragment }, udp({ src: 1, dst: 80 }, new Uint8Array(16))),
    ],
    ["a later fragment", ipv4({ ...v4, fragmentOffset: 3 }, udp({ src: 1, dst: 80 }))],
    [
      "a first IPv6 fragment",
      ipv6({ ...v6, extensions: [{ type: "fragment", more: true }] }, udp({ src: 1, dst: 80 })),
    ],
  ])("%s shows no ports in a table", async (_, payload) => {
    const frame = ethernet(header, payload);
    expect(frameFields(frame)).toMatchObject({ udpSrc: 0, udpDst: 0 });
    expect(
      await portOf(frame, ["udp,tp_dst=80", "udp6,tp_dst=80"], ["udp,tp_dst=0", "udp6,tp_dst=0"]),
    ).toBe("h3");
  });

  test.each([
    ["a first fragment", 0x12, ipv4({ ...v4, ...fragment }, tcp({ src: 1, dst: 80, flags: 0x12 }))],
    [
      "a first IPv6 fragment",
      0x12,
      ipv6(
        { ...v6, extensions: [{ type: "fragment", more: true }] },
        tcp({ src: 1, dst: 80, flags: 0x12 }),
      ),
    ],
    [
      "a later fragment",
      0,
      ipv4({ ...v4, fragmentOffset: 3 }, tcp({ src: 1, dst: 80, flags: 0x12 })),
    ],
  ])(
    "%s shows its TCP flags in a table if it has them, but no ports",
    async (_, flags, payload) => {
      const frame = ethernet(header, payload);
      expect(frameFields(frame)).toMatchObject({ tcpSrc: 0, tcpDst: 0, tcpFlags: flags });
      const matches = (value: number) =>
        ["tcp", "tcp6"].map((protocol) => `${protocol},tp_dst=0,tcp_flags=${value}`);
      expect(await portOf(frame, matches(flags), ["priority=1"])).toBe("h2");
    },
  );

  test("the ports of an unfragmented datagram match in a table", async () => {
    const frame = ethernet(header, ipv4(v4, udp({ src: 1, dst: 80 })));
    expect(frameFields(frame)).toMatchObject({ udpSrc: 1, udpDst: 80 });
    expect(await portOf(frame, ["udp,tp_dst=80"], ["udp,tp_dst=0"])).toBe("h2");
  });

  test("nothing behind the second tag matches in a table", async () => {
    const frame = ethernet(
      { ...header, tags: [{ vid: 5 }, { vid: 6 }] },
      ipv4(v4, udp({ src: 1, dst: 80 })),
    );
    expect(frameFields(frame)).toMatchObject({ vlanVid: 0x1005, ethType: 0x8100 });
    expect(await portOf(frame, ["dl_vlan=5,udp"], ["dl_vlan=5,dl_type=0x8100"])).toBe("h3");
  });

  test("a frame with a length matches type 0x05ff in a table", async () => {
    const frame = ethernet(header, rawPayload(new Uint8Array(46), 46));
    expect(frameFields(frame)).toMatchObject({ ethType: 0x5ff });
    expect(await portOf(frame, ["dl_type=46"], ["dl_type=0x05ff"])).toBe("h3");
  });

  /** Which of two lists of matches a frame meets: those that output to h2 or to h3. */
  async function portOf(frame: Uint8Array, toH2: string[], toH3: string[]): Promise<string> {
    await lab.bundle("s1", [
      "flow delete",
      ...toH2.map((match) => `flow add ${match},actions=output:2`),
      ...toH3.map((match) => `flow add ${match},actions=output:3`),
    ]);
    lab.clear();
    await lab.inject("h1", frame);
    return Object.keys(lab.received()).join();
  }
});
