// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { topologyEvents } from "../../../src/controller/network/network.ts";
import {
  type Discovered,
  EMPTY_CONFIG,
  type PortNo,
  TopologyState,
} from "../../../src/topology/index.ts";
import { dpid, port, stateOf } from "../../topology/networks.ts";

const [s1, s2] = [dpid(1), dpid(2)];
const ports = [port(1), port(10)];
const at = (dpid: typeof s1, no: number) => ({ dpid, port: no as PortNo });
const nothingYet: Discovered = { links: [], probing: new Map([[s1, new Set([10 as PortNo])]]) };
const isEdge: Discovered = { links: [], probing: new Map() };
const isLink: Discovered = {
  links: [{ a: at(s1, 10), b: at(s2, 10), state: "up" }],
  probing: new Map(),
};

function connected() {
  const state = stateOf({ profiles: ["paths", "paths"], links: [] });
  return [s1, s2].reduce(
    (known, dpid) => known.apply({ type: "switchConnected", dpid, ports }),
    state.withDiscovered(nothingYet),
  );
}

test.each([
  ["an edge", nothingYet, isEdge, [["s1", "probing", "edge"]]],
  [
    "a link",
    nothingYet,
    isLink,
    [
      ["s1", "probing", "link"],
      ["s2", "edge", "link"],
    ],
  ],
  ["an edge again", isLink, isEdge, [10, 10].map((_, n) => [`s${n + 1}`, "link", "edge"])],
  ["what it was", isLink, isLink, []],
])("a port that turns out to be %s is an event", (_, before, after, expected) => {
  const [old, now] = [before, after].map((found) => connected().withDiscovered(found).topology);
  if (!old || !now) throw new Error("no snapshots");
  const reported = [...topologyEvents(old, now)].flatMap((event) =>
    event?.type === "portChanged" ? [[event.switch, event.old?.role, event.new?.role]] : [],
  );
  expect(reported).toEqual(expected);
});

test("a disconnected switch that is forgotten is an event; a quarantined one that disconnects is not", () => {
  const events = (unknownSwitches: "accept" | "quarantine") => {
    const rules = { unknownSwitches, defaultForwarding: "normal" as const };
    const there = TopologyState.empty
      .withConfig(EMPTY_CONFIG, rules)
      .apply({ type: "switchConnected", dpid: s1, ports });
    const away = there.apply({ type: "switchDisconnected", dpid: s1 });
    const forgotten = away.forgetSwitch(s1);
    return [
      ...topologyEvents(there.topology, away.topology),
      ...(forgotten.ok ? topologyEvents(away.topology, forgotten.state.topology) : []),
    ];
  };
  expect(events("quarantine")).toEqual([]);
  const admissionReason = "it is in no topology file, and unknown switches are accepted";
  expect(events("accept")).toEqual([
    {
      type: "switchForgotten",
      dpid: s1,
      switch: s1,
      old: {
        ...{ dpid: s1, name: s1, configured: false, admission: "accepted", admissionReason },
        forwarding: "normal",
      },
    },
  ]);
});

test("a port that goes down yields one event: it is down, and its role is unknown", () => {
  const before = connected().withDiscovered(isEdge);
  const state = before.apply({ type: "portChanged", dpid: s1, port: port(10, "p10", false) });
  const events = [...topologyEvents(before.topology, state.withDiscovered(nothingYet).topology)];
  expect(events).toMatchObject([
    {
      type: "portChanged",
      switch: "s1",
      old: { port: 10, up: true, role: "edge" },
      new: { port: 10, up: false, role: "probing" },
    },
  ]);
});
