// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { controllerChecks } from "../../../src/cli/doctor/controller-checks.ts";
import type { SwitchSettings } from "../../../src/contract/observation/switch-database.ts";
import type { StatusView } from "../../../src/contract/status.ts";
import type { SwitchView } from "../../../src/contract/switches.ts";

const DPID = "0000000000000001";
const NOW = Date.parse("2026-01-01T12:00:00Z");

const STATES = {
  disabled: 0,
  expired: 0,
  suspended: 0,
  pending: 0,
  active: 2,
  degraded: 0,
  error: 0,
};

const STATUS: StatusView = {
  ...{ version: "1.0.0", startedAt: "2026-01-01T00:00:00Z", ready: true, previews: false },
  policies: { total: 2, byState: STATES },
  switches: { configured: 1, accepted: 0, quarantined: 0, connected: 1 },
  openflow: [{ host: "0.0.0.0", port: 6653, tls: false }],
  ...{ storage: { state: "working" }, taps: { state: "running" }, links: 0, hosts: 0 },
};

const SWITCH: SwitchView = {
  ...{ dpid: DPID, name: "s1", configured: true, admission: "file", admissionReason: "a file" },
  ...{ forwarding: "paths", connected: true, address: "192.0.2.1:4", role: "equal", ports: [] },
};

type Facts = Parameters<typeof controllerChecks>[0];

const GOOD: Facts = {
  ...{ server: "http://c:8080", version: "1.0.0", status: STATUS, clockMs: 300 },
  session: { authentication: true, user: "alice", role: "admin" },
  readiness: { ready: true, detail: "", time: NOW },
  ...{ switches: [SWITCH], rejections: { items: [], total: 0 } },
};

const wrong = (facts: Partial<Facts>) =>
  controllerChecks({ ...GOOD, ...facts })
    .filter(({ result }) => result !== "ok")
    .map(({ subject, result, detail, remedy }) => [
      ...[subject.split(" ")[0], result, detail],
      ...(remedy === undefined ? [] : [remedy]),
    ]);

test("a controller in order", () => {
  expect(
    controllerChecks(GOOD).map(({ subject, result, detail }) => [subject, result, detail]),
  ).toEqual([
    ["controller http://c:8080", "ok", "OpenVTAP 1.0.0"],
    ["controller http://c:8080", "ok", "identified as alice, role admin"],
    ["controller http://c:8080", "ok", "ready"],
    ["controller http://c:8080", "ok", "what changes reaches the disk"],
    ["controller http://c:8080", "ok", "its clock is that of this machine"],
    ["controller http://c:8080", "ok", "2 policies"],
    [`switch s1 (${DPID})`, "ok", "connected from 192.0.2.1:4"],
  ]);
});

describe("what is wrong with a controller, and what to do", () => {
  const rejected = (reason: string, more: object = {}) => ({
    items: [{ address: "192.0.2.9", reason, count: 3, at: "2026-01-01T11:59:00Z", ...more }],
    total: 3,
  });
  const lonely = { ...STATUS, switches: { ...STATUS.switches, connected: 0 } };
  test.each<[string, Partial<Facts>, (string | RegExp)[]]>([
    [
      "another version",
      { version: "0.9.0" },
      ["warn", /1\.0\.0, this command is 0\.9\.0/, "npm install --global openvtap@1.0.0"],
    ],
    [
      "not ready",
      { readiness: { ready: false, detail: "loading", time: NOW } },
      ["fail", "not ready: loading", /log/],
    ],
    [
      "a disk that fails",
      { status: { ...STATUS, storage: { state: "failing", reason: "/d: no space, free some" } } },
      ["fail", "changes are rejected: /d: no space", "free some"],
    ],
    ["a clock ahead", { clockMs: 61_000 }, ["warn", /61 s ahead of/, /timedatectl/]],
    ["a clock behind", { clockMs: -5_600 }, ["warn", /6 s behind/, /timedatectl/]],
    [
      "suspended taps",
      { status: { ...STATUS, taps: { state: "suspended", reason: "audit" } } },
      ["warn", "all taps are suspended: audit", "vtap resume"],
    ],
    [
      "policies in error",
      { status: { ...STATUS, policies: { total: 2, byState: { ...STATES, error: 1 } } } },
      ["warn", "1 of 2 policies: error", "vtap policies --state error"],
    ],
    [
      "no switch at all",
      { status: lonely, switches: [] },
      ["warn", /switches connect to tcp:0\.0\.0\.0:6653/, /vtap doctor --ovsdb/],
    ],
    [
      "an address that other machines do not reach",
      {
        status: { ...lonely, openflow: [{ host: "127.0.0.1", port: 6653, tls: false }] },
        switches: [],
      },
      ["warn", /only switches of the controller's machine/, /--openflow 0\.0\.0\.0:6653/],
    ],
    [
      "a peer without OpenFlow 1.4",
      { rejections: rejected("the peer speaks OpenFlow 1.3, not 1.4") },
      [
        "warn",
        "rejected, 3 times: 192.0.2.9: the peer speaks OpenFlow 1.3, not 1.4",
        /protocols OpenFlow14/,
      ],
    ],
    [
      "a certificate",
      { rejections: rejected("no trusted authority has signed it") },
      ["warn", /192\.0\.2\.9/, /get-ssl/],
    ],
  ])("%s", (_, facts, expected) => {
    expect(wrong(facts)).toEqual([
      [
        "controller",
        ...expected.map((each) => (each instanceof RegExp ? expect.stringMatching(each) : each)),
      ],
    ]);
  });

  test("a rejection of long ago, and one of a switch that is shown with its reason", () => {
    expect(wrong({ rejections: rejected("x", { at: "2026-01-01T11:00:00Z" }) })).toEqual([]);
    const absent = { ...SWITCH, connected: false };
    expect(wrong({ switches: [absent], rejections: rejected("y", { dpid: DPID }) })).toEqual([
      [
        "switch",
        "fail",
        "not connected; its connection is rejected: y",
        expect.stringContaining("--bridge s1"),
      ],
    ]);
  });
});

describe("what is wrong with a switch, and what to do", () => {
  const settings: SwitchSettings = {
    ...{ bridge: "s1", version: "3.1.0", datapathType: "system", vlanLimit: 1 },
    failMode: "secure",
    ...{ protocols: ["OpenFlow13"], controllers: [], managers: [], mirrors: [], portErrors: [] },
  };
  const database = { connected: true, since: "2026-01-01T00:00:00Z", settings, reasons: [] };
  test.each<[string, Partial<SwitchView>, (string | RegExp)[]]>([
    ["a slave", { role: "slave" }, ["fail", /slave/, /master/]],
    [
      "quarantine",
      { admission: "quarantined", admissionReason: "in no file" },
      ["warn", "it is not programmed: in no file", /topology file/],
    ],
    [
      "refused entries",
      { refused: { count: 2, first: [{ entry: "e", reason: "table full" }] } },
      ["fail", "2 entries are not on the switch: table full", "vtap switches"],
    ],
    [
      "protocols",
      { ovsdb: database },
      ["fail", /not enabled/, "ovs-vsctl add bridge s1 protocols OpenFlow14"],
    ],
    [
      "dangers",
      {
        ovsdb: {
          ...database,
          settings: { ...settings, protocols: [] },
          reasons: ["it floods; stop it"],
        },
      },
      ["warn", "it floods", "stop it"],
    ],
    [
      "a database that has gone",
      { ovsdb: { connected: false, since: database.since, reasons: [] } },
      ["warn", /database/, /set-manager/],
    ],
  ])("%s", (_, more, expected) => {
    expect(wrong({ switches: [{ ...SWITCH, ...more }] })).toEqual([
      [
        "switch",
        ...expected.map((each) => (each instanceof RegExp ? expect.stringMatching(each) : each)),
      ],
    ]);
  });

  test("refused entries of which none is left", () => {
    expect(wrong({ switches: [{ ...SWITCH, refused: { count: 0, first: [] } }] })).toEqual([]);
  });
});

test("what databases read of ports and machines, and how fragments are handled, is noted", () => {
  const settings: SwitchSettings = {
    ...{
      bridge: "br0",
      version: "3.1.0",
      datapathType: "netdev",
      failMode: "secure",
      vlanLimit: 1,
    },
    ...{ controllers: [], protocols: [], managers: [], mirrors: [], portErrors: [] },
    dpdk: { version: "DPDK 22.11", pmdCpuMask: "0x6" },
  };
  const at = "2026-01-01T12:00:00Z";
  const load = (fiveMinutes: number) => ({ at, processors: 4, averages: [9, fiveMinutes, 0] });
  const losses = { at, ports: [{ port: "vx0", type: "vxlan", counts: { tx_dropped: 7 } }] };
  const database = { connected: true, since: at, settings, losses, reasons: [] };
  const notes = (fiveMinutes: number) => {
    const ovsdb = { ...database, load: load(fiveMinutes) };
    return wrong({ switches: [{ ...SWITCH, fragmentMode: "drop", ovsdb }] });
  };
  const always = [
    ["switch", "note", "fragments of IP packets: drop"],
    ["switch", "note", "port vx0 (vxlan) has lost frames: tx_dropped 7"],
  ];
  expect(notes(4)).toEqual(always);
  expect(notes(4.5)).toEqual([
    ...always,
    ["switch", "note", "the machine is busy: load 4.5 on 4 processors"],
  ]);
  const ok = controllerChecks({ ...GOOD, switches: [{ ...SWITCH, ovsdb: database }] });
  expect(ok.map(({ detail }) => detail).join()).toContain(
    "datapath netdev, DPDK 22.11, poll mode threads on 0x6",
  );
});
