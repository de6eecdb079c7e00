// SPDX-License-Identifier: Apache-2.0
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { TWO_SWITCHES } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const h = (n: number) => ({ host: `h${n}` });
const MONITORS = [h(3), h(4)];
/** One policy for each of these pairs of hosts at s1. */
const between = (id: string, from: number, to: number) => ({
  id,
  sender: h(from),
  receiver: h(to),
  monitors: MONITORS,
});

const mac = (n: number) => `fa00000000${n.toString(16).padStart(2, "0")}`;
const ip = (n: number) => `0a0101${n.toString(16).padStart(2, "0")}`;
const bytes = (hex: string) => Buffer.from(hex, "hex");
const payload = "41".repeat(40);

/** An IPv4 packet. `length`: the one in its header; `fragment`: flags and offset. */
function ipv4(
  from: number,
  to: number,
  rest: { fragment?: string; length?: string; proto?: string },
) {
  const { fragment = "0000", length = "0044", proto = "11" } = rest;
  const head = `4500${length}0007${fragment}40${proto}0000${ip(from)}${ip(to)}`;
  return bytes(`${mac(to)}${mac(from)}0800${head}1b591b5900300000${payload}`);
}

describe("policies match what they say, on real switches", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TWO_SWITCHES,
      hosts: [
        ...[1, 2, 5, 6, 7, 8, 9].map((n) => [n, "s1", n] as const),
        [3, "s1", 3],
        [4, "s2", 4],
      ],
      policies: [
        { ...between("range", 1, 2), filters: { udp_dst: "0-79" } },
        {
          ...between("except-port", 2, 1),
          filters: { ip_proto: "udp" },
          exclude: [{ udp_dst: 7001 }],
        },
        { ...between("except-tcp", 5, 6), exclude: [{ ip_proto: "tcp" }] },
        { ...between("fragments", 6, 5), filters: { ip_frag: "yes" } },
        {
          id: "leaving",
          sender: h(7),
          receiver: { port: { switch: "s1", port: 8 } },
          monitors: MONITORS,
        },
      ],
      config: { tapVlanRange: "3900-3999" },
    });
  });
  afterAll(() => scenario?.stop());

  async function expectCopied(from: number, to: number, frame: Uint8Array, isCopied: boolean) {
    const copies = isCopied ? { h3: [frame], h4: [frame] } : {};
    await scenario.expectDelivery(`h${from}`, [frame], { [`h${to}`]: [frame], ...copies });
  }

  test("a range with port 0 selects no fragment", async () => {
    await expectCopied(1, 2, ipv4(1, 2, { fragment: "2000" }), false);
    await expectCopied(1, 2, ipv4(1, 2, { fragment: "0006" }), false);
  });

  test("an exclude by port covers fragments", async () => {
    await expectCopied(2, 1, ipv4(2, 1, { fragment: "2000" }), false);
    await expectCopied(2, 1, ipv4(2, 1, {}), false);
  });

  test("an exclude by protocol covers packets whose lengths contradict the frame", async () => {
    await expectCopied(5, 6, ipv4(5, 6, { length: "0078", proto: "06" }), false);
    await expectCopied(5, 6, ipv4(5, 6, {}), true);
  });

  test("ip_frag selects fragments", async () => {
    await expectCopied(6, 5, ipv4(6, 5, { fragment: "2000" }), true);
    await expectCopied(6, 5, ipv4(6, 5, { fragment: "0006" }), true);
    await expectCopied(6, 5, ipv4(6, 5, {}), false);
  });

  test("a frame for an unknown host is copied as it leaves a port receiver", async () => {
    const frame = bytes(`fa0000009999${mac(7)}88b5${"00".repeat(46)}`);
    const others = ["h1", "h2", "h5", "h6", "h8", "h9"].map((name) => [name, [frame]] as const);
    // The monitors get the flood and the copy.
    const monitors = { h3: [frame, frame], h4: [frame, frame] };
    await scenario.expectDelivery("h7", [frame], { ...Object.fromEntries(others), ...monitors });
  });
});

describe("copies and originals are exact, whatever their tags", () => {
  let scenario: Scenario;
  beforeAll(async () => {
    scenario = await Scenario.start({
      switches: ["s1", { name: "s2", forwarding: "normal" }, "s3"],
      links: [
        ["s1", 10, "s3", 11],
        ["s2", 10, "s3", 12],
      ],
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
        [3, "s1", 3],
        [4, "s3", 4],
        [5, "s2", 5],
        [6, "s2", 6],
        [7, "s2", 7],
      ],
      policies: [
        {
          id: "by-tag",
          sender: { port: { switch: "s1", port: 1 } },
          receiver: "any",
          monitors: MONITORS,
          copy: { delivery: "tag" },
        },
        { id: "access", sender: h(5), receiver: h(6), monitors: [h(7), h(4)] },
      ],
      config: { tapVlanRange: "3900-3999", auditIntervalSeconds: 1 },
    });
  });
  afterAll(() => scenario?.stop());

  const rest = `0800${"45000044000700004011000020202020".padEnd(40, "0")}1b591b5900300000${payload}`;
  /** Tags by number: with the drop eligible bit, and other types. */
  const TAGS = [
    "",
    "81007064",
    "88a87064",
    "81007000",
    "81007064810070c8",
    "88a87064810070c8810030c9",
  ];
  const frame = (from: number, to: number, tags: string) =>
    bytes(`${mac(to)}${mac(from)}${tags}${rest}`);

  test.each(TAGS)("an access port pops the tag %s of the original alone", async (tags) => {
    if (tags.startsWith("88a8")) return;
    const { lab } = scenario;
    await lab.vsctl(
      "set",
      "port",
      "h6",
      tags === "" ? "vlan_mode=native-untagged" : "vlan_mode=access",
    );
    await lab.vsctl("set", "port", "h6", `tag=${tags.startsWith("81007000") ? 0 : 100}`);
    const sent = frame(5, 6, tags);
    lab.clear();
    await lab.inject("h5", sent);
    const { h7, h4 } = lab.received();
    expect([h7?.[0], h4?.[0]]).toEqual([sent.toString("hex"), sent.toString("hex")]);
  });

  test.each(["default", "1", "2", "0"])("vlan-limit %s", async (limit) => {
    const { lab } = scenario;
    if (limit !== "default") {
      await lab.vsctl("set", "Open_vSwitch", ".", `other_config:vlan-limit=${limit}`);
    }
    await scenario.replaceController();
    const isExact = limit === "default" || limit === "1";
    const { status } = await scenario.vtap.get("/policies/by-tag");
    expect(status.state).toBe(isExact ? "active" : "degraded");
    if (!isExact) expect(status.reasons.join()).toContain("may drop the innermost of three");
    for (const tags of TAGS) {
      const sent = frame(1, 2, tags);
      const far = tags === "" || isExact ? { h4: [sent] } : {};
      await scenario.expectDelivery("h1", [sent], { h2: [sent], h3: [sent], ...far });
    }
  });

  test("a vlan-limit that changes while the switch is connected is noticed at an audit", async () => {
    const state = async () => (await scenario.vtap.get("/policies/by-tag")).status.state;
    for (const [limit, expected] of [
      ["1", "active"],
      ["2", "degraded"],
      ["1", "active"],
    ]) {
      await scenario.lab.vsctl("set", "Open_vSwitch", ".", `other_config:vlan-limit=${limit}`);
      await waitFor(async () => (await state()) === expected, { what: `the state ${expected}` });
    }
  });
});

describe("fragments: match", () => {
  test("first fragments have their ports, and the mode found elsewhere stays", async () => {
    const scenario = await Scenario.start({
      switches: [{ name: "s1", fragments: "match" } as never, "s2"],
      hosts: [
        [1, "s1", 1],
        [2, "s1", 2],
        [3, "s1", 3],
      ],
      policies: [{ ...between("port", 1, 2), monitors: [h(3)], filters: { udp_dst: 7001 } }],
    });
    try {
      const { lab } = scenario;
      const mode = async (name: string) => (await lab.ofctl("get-frags", name)).trim();
      const first = ipv4(1, 2, { fragment: "2000" });
      await scenario.expectDelivery("h1", [first], { h2: [first], h3: [first] });
      await lab.ofctl("set-frags", "s1", "normal");
      await lab.ofctl("set-frags", "s2", "drop");
      await scenario.replaceController();
      await waitFor(async () => (await mode("s1")) === "nx-match", { what: "the mode to be set" });
      expect(await mode("s2")).toBe("drop");
      await scenario.expectDelivery("h1", [first], { h2: [first], h3: [first] });
      // What was found on s2 comes back when its entry in the file no longer requests another mode.
      const requested = async (name: string, fragments: object) => {
        const path = join(scenario.directory, "topology.json");
        const document = JSON.parse(await readFile(path, "utf8"));
        const { dpid } = document.switches.find((each: { name: string }) => each.name === name);
        const others = document.switches.filter((each: { name: string }) => each.name !== name);
        const switches = [...others, { dpid, name, ...fragments }];
        await writeFile(path, JSON.stringify({ ...document, switches }));
        scenario.vtap.signal("SIGHUP");
      };
      await requested("s2", { fragments: "match" });
      await waitFor(async () => (await mode("s2")) === "nx-match", { what: "the mode to be set" });
      await requested("s2", {});
      await waitFor(async () => (await mode("s2")) === "drop", { what: "the mode of before" });
    } finally {
      await scenario.stop();
    }
  });
});
