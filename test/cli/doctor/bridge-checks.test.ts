// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { bridgeChecks } from "../../../src/cli/doctor/bridge-checks.ts";
import { shellWord } from "../../../src/cli/doctor/check.ts";
import type { SwitchSettings } from "../../../src/contract/observation/switch-database.ts";

const TARGET = "tcp:192.0.2.7:6653";

const GOOD: SwitchSettings = {
  ...{ bridge: "br0", version: "3.1.0", datapathType: "system", failMode: "secure", vlanLimit: 1 },
  controllers: [{ target: TARGET, connected: true, role: "other" }],
  ...{ protocols: [], managers: [], mirrors: [], portErrors: [] },
};

const checked = (settings: Partial<SwitchSettings>, lastErrors: Record<string, string> = {}) =>
  bridgeChecks({
    ...{ settings: { ...GOOD, ...settings }, dpid: "0000000000000001" },
    lastErrors: new Map(Object.entries(lastErrors)),
  });

const wrong = (...args: Parameters<typeof checked>) =>
  checked(...args)
    .filter(({ result }) => result !== "ok")
    .map(({ result, detail, remedy }) => [result, detail, ...(remedy ? [remedy] : [])]);

test("a bridge in order", () => {
  expect(checked({}).map(({ subject, result, detail }) => [subject, result, detail])).toEqual(
    [
      "datapath id 0000000000000001",
      "Open vSwitch 3.1.0",
      "OpenFlow 1.4 is enabled by default",
      "datapath system",
      "vlan-limit 1",
      `controller ${TARGET} is connected, other`,
      "the fail mode is secure",
    ].map((detail) => ["bridge br0", "ok", detail]),
  );
});

test("ports that have lost frames are noted, the first by name", () => {
  const losses = Array.from({ length: 7 }, (_, n) => ({
    ...{ port: `p${n}`, type: n === 0 ? "vxlan" : "", counts: { rx_dropped: n + 1, tx_errors: 2 } },
  }));
  const facts = { settings: GOOD, dpid: "0000000000000001", lastErrors: new Map(), losses };
  const notes = bridgeChecks(facts).filter(({ result }) => result === "note");
  expect(notes.map(({ detail }) => detail)).toEqual([
    "port p0 (vxlan) has lost frames: rx_dropped 1, tx_errors 2",
    ...[1, 2, 3, 4].map((n) => `port p${n} has lost frames: rx_dropped ${n + 1}, tx_errors 2`),
    "2 more ports have lost frames",
  ]);
});

describe("what is wrong with a bridge, and what to do", () => {
  test.each<[string, Partial<SwitchSettings>, (string | RegExp)[]]>([
    [
      "no OpenFlow 1.4",
      { protocols: ["OpenFlow10", "OpenFlow13"] },
      [
        "fail",
        "OpenFlow 1.4 is not enabled: protocols are OpenFlow10, OpenFlow13",
        "ovs-vsctl add bridge br0 protocols OpenFlow14",
      ],
    ],
    [
      "an Open vSwitch without OpenFlow 1.4 by default",
      { version: "2.7.3" },
      [
        "fail",
        "Open vSwitch 2.7.3 enables OpenFlow 1.4 only where it is configured",
        "ovs-vsctl add bridge br0 protocols OpenFlow14",
      ],
    ],
    [
      "standalone with a connected controller",
      { failMode: "standalone" },
      ["warn", /standalone/, "ovs-vsctl set-fail-mode br0 secure"],
    ],
    [
      "an interface in error",
      { portErrors: [{ port: "vnet 7", error: "No such device" }] },
      ["warn", "port vnet 7 does not work: No such device", "ovs-vsctl list interface 'vnet 7'"],
    ],
    ["another vlan-limit", { vlanLimit: 0 }, ["note", /as many tags as the switch can/]],
    [
      "a mirror",
      { mirrors: [{ name: "m", from: [], to: [], all: true, vlans: [], outputVlan: 7 }] },
      ["note", "mirror m sends frames to VLAN 7, beside OpenVTAP"],
    ],
  ])("%s", (_, settings, expected) => {
    expect(wrong(settings)).toEqual([
      expected.map((each) => (each instanceof RegExp ? expect.stringMatching(each) : each)),
    ]);
  });

  test("a controller that is not connected: with its error, and the others stay", () => {
    const dead = "tcp:192.0.2.9:6653";
    const controllers = [...GOOD.controllers, { target: dead, connected: false }];
    expect(wrong({ controllers }, { [dead]: "Connection refused" })).toEqual([
      [
        "fail",
        `controller ${dead} is not connected (Connection refused)`,
        `start vtap serve there, or correct the address: ovs-vsctl set-controller br0 ${TARGET} tcp:ADDRESS-OF-VTAP:6653`,
      ],
    ]);
  });

  test("a passive controller waits", () => {
    const controllers = [{ target: "ptcp:6653", connected: false }];
    expect(wrong({ controllers })).toEqual([
      ["note", "the bridge accepts controllers at ptcp:6653"],
    ]);
  });

  test("no controller: what the first one does is said, and the fail mode is set with it", () => {
    expect(wrong({ controllers: [], failMode: "standalone" })).toEqual([
      [
        "warn",
        expect.stringMatching(/delete all flow entries .*existing-bridges\.md$/),
        "ovs-vsctl set-fail-mode br0 secure -- set-controller br0 tcp:ADDRESS-OF-VTAP:6653",
      ],
      [
        "warn",
        expect.any(String),
        "ovs-vsctl set-fail-mode br0 secure, with the controller, as above",
      ],
    ]);
  });

  test("the fail mode is not changed while no controller is connected: that deletes entries", () => {
    const controllers = [{ target: TARGET, connected: false }];
    const [, [, , remedy] = []] = wrong({ controllers, failMode: "standalone" });
    expect(remedy).toBe("ovs-vsctl set-fail-mode br0 secure, when the controller is connected");
  });

  test("a bridge that no ovs-vswitchd has", () => {
    const [first] = bridgeChecks({ settings: GOOD, lastErrors: new Map() });
    expect(first).toMatchObject({
      result: "fail",
      remedy: expect.stringContaining("ovs-ctl start"),
    });
  });
});

test("what a switch says is one word of a command", () => {
  expect(shellWord("br-int.4")).toBe("br-int.4");
  expect(shellWord("x; rm -rf ~")).toBe("'x; rm -rf ~'");
  expect(shellWord("a'b")).toBe("'a'\\''b'");
  expect(shellWord("")).toBe("''");
});
