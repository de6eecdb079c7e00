// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  type AdmissionSettings,
  admissionRules,
  type Dpid,
  EMPTY_CONFIG,
  type TopologyEvent,
  TopologyState,
} from "../../src/topology/index.ts";
import { dpid, port, stateOf } from "./networks.ts";

const [s1, s5, s6] = [dpid(1), dpid(5), dpid(6)];
const inFile = {
  ...EMPTY_CONFIG,
  switches: [{ dpid: s1, name: "s1", forwarding: "paths" as const }],
};

function stateWith(settings: AdmissionSettings, config = EMPTY_CONFIG): TopologyState {
  const rules = admissionRules(settings, config.switches.length > 0);
  return TopologyState.empty.withConfig(config, rules);
}

const up = (at: Dpid, ...ports: number[]): TopologyEvent => ({
  type: "switchConnected",
  dpid: at,
  ports: ports.map((no) => port(no)),
});
const down = (at: Dpid): TopologyEvent => ({ type: "switchDisconnected", dpid: at });

describe("a switch that no file names", () => {
  test.each<[string, AdmissionSettings, boolean, string]>([
    ["no file names a switch", {}, false, "accepted"],
    ["a file names others", {}, true, "quarantined"],
    ["all are accepted", { unknownSwitches: "accept" }, true, "accepted"],
    ["all are refused", { unknownSwitches: "refuse" }, false, "refused"],
    ["it is allowed", { allowedSwitches: new Set([s5]) }, true, "accepted"],
    ["others are allowed", { allowedSwitches: new Set([s6]) }, false, "quarantined"],
    [
      "others are allowed, the rest refused",
      { allowedSwitches: new Set([s6]), unknownSwitches: "refuse" },
      false,
      "refused",
    ],
  ])("when %s", (_, settings, named, expected) => {
    const state = stateWith(settings, named ? inFile : EMPTY_CONFIG);
    expect(state.admission(s5).state).toBe(expected);
    expect(state.admission(s5).why).not.toBe("");
    const seen = state.apply(up(s5, 1)).topology.switches.get(s5);
    expect(seen?.programmed).toBe(expected === "refused" ? undefined : expected === "accepted");
    if (named) expect(state.admission(s1).state).toBe("file");
  });

  test("is programmed with the default profile, under its datapath id", () => {
    const state = stateWith({ defaultForwarding: "normal" }).apply(up(s5, 1, 2));
    expect(state.topology.switches.get(s5)).toMatchObject({
      name: s5,
      forwarding: "normal",
      connected: true,
      programmed: true,
    });
  });

  test("stays when it disconnects if accepted, and is removed if quarantined", () => {
    const accepted = stateWith({}).apply(up(s5, 1)).apply(down(s5)).topology.switches.get(s5);
    expect(accepted).toMatchObject({ connected: false, programmed: true, portsKnown: true });
    const quarantined = stateWith({}, inFile).apply(up(s5, 1)).apply(down(s5));
    expect(quarantined.topology.switches.has(s5)).toBe(false);
  });

  test("gets its ports back after a restart if it would be accepted again", () => {
    const tables = [{ dpid: s5, ports: [port(1)] }];
    const again = stateWith({}).withLastPorts(tables).topology.switches.get(s5);
    expect(again).toMatchObject({ connected: false, programmed: true });
    expect(stateWith({}, inFile).withLastPorts(tables).topology.switches.has(s5)).toBe(false);
  });

  test("is forgotten only when it is disconnected and no host is attached", () => {
    const live = stateWith({}).apply(up(s5, 1));
    expect(live.forgetSwitch(s5)).toMatchObject({
      problems: [{ what: "the switch is connected" }],
    });
    const added = live.apply(down(s5)).addHost({ mac: 7, ips: [], dpid: s5, port: 1, name: "h7" });
    if (!added.ok) throw new Error("refused");
    expect(added.state.forgetSwitch(s5)).toMatchObject({
      problems: [{ what: "hosts are attached to it: h7" }],
    });
    const freed = added.state.removeHost(7);
    const gone = freed.ok ? freed.state.forgetSwitch(s5) : freed;
    expect(gone.ok && gone.state.topology.switches.size).toBe(0);
    expect(stateOf({ profiles: ["paths"], links: [] }).forgetSwitch(s1).ok).toBe(false);
    expect(live.forgetSwitch(s6).ok).toBe(false);
  });

  test("is forgotten first when too many others have disconnected after it", () => {
    const [all, s7] = [[s5, s6, dpid(7)], dpid(7)];
    const here = all.reduce((state, each) => state.apply(up(each, 1)), stateWith({}));
    const away = [s6, s7, s5].reduce((state, each) => state.apply(down(each)), here);
    expect(here.longAway(0)).toEqual([]);
    expect(away.longAway(3)).toEqual([]);
    expect(away.longAway(1)).toEqual([s6, s7]);
    const back = away.apply(up(s6, 1)).apply(down(s6));
    expect(back.longAway(1)).toEqual([s7, s5]);
    const needed = back.addHost({ mac: 7, ips: [], dpid: s7, port: 1 });
    expect(needed.ok && needed.state.longAway(0)).toEqual([s5, s6]);
    expect(stateWith({}, inFile).apply(up(s1, 1)).apply(down(s1)).longAway(0)).toEqual([]);
  });

  test("accepts hosts once it has connected", () => {
    const host = { mac: 7, ips: [], dpid: s5, port: 1 };
    const empty = stateWith({});
    expect(empty.addHost(host)).toMatchObject({ problems: [{ path: ["switch"] }] });
    const added = empty.apply(up(s5, 1)).addHost(host);
    expect(added.ok && added.state.topology.hostByMac(7)).toMatchObject({ dpid: s5, port: 1 });
    expect(stateWith({}, inFile).apply(up(s5, 1)).addHost(host).ok).toBe(false);
  });
});

/** The switches of a topology, in its order. */
function summary(state: TopologyState) {
  return [...state.topology.switches.values()].map((found) => ({
    ...found,
    ports: [...found.ports.keys()].sort(),
  }));
}

test("the order in which switches connect and disconnect is irrelevant", () => {
  const history = fc.record({
    at: fc.integer({ min: 1, max: 6 }).map(dpid),
    ports: fc.uniqueArray(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
    leaves: fc.boolean(),
  });
  const histories = fc.uniqueArray(history, { selector: ({ at }) => at, maxLength: 6 });
  const settings = fc.record(
    {
      unknownSwitches: fc.constantFrom("accept", "quarantine", "refuse"),
      allowedSwitches: fc.constant(new Set([dpid(2), dpid(4)])),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      histories,
      settings,
      fc.boolean(),
      fc.infiniteStream(fc.nat()),
      (all, set, named, rolls) => {
        const start = stateWith(set as AdmissionSettings, named ? inFile : EMPTY_CONFIG);
        const each = all.map(({ at, ports, leaves }) => [
          up(at, ...ports),
          ...(leaves ? [down(at)] : []),
        ]);
        const inOrder = each.flat().reduce((state, event) => state.apply(event), start);
        // Events of one switch keep their order; switches are interleaved at random.
        const queues = each.map((events) => [...events]);
        let mixed = start;
        for (const roll of rolls) {
          const left = queues.filter((events) => events.length > 0);
          const event = left[roll % Math.max(left.length, 1)]?.shift();
          if (!event) break;
          mixed = mixed.apply(event);
        }
        expect(summary(mixed)).toEqual(summary(inOrder));
      },
    ),
  );
});
