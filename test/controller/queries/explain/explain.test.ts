// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ExplainRequest } from "../../../../src/contract/explain.ts";
import { explainFrame } from "../../../../src/controller/queries/explain/explain.ts";
import { readFrame } from "../../../../src/controller/queries/explain/frame-input.ts";
import { parseFlow } from "../../../../src/openflow/index.ts";
import { type Policy, type PolicyDocument, TapCompiler } from "../../../../src/policy/index.ts";
import type { ListedFlow } from "../../../../src/reconcile/index.ts";
import type { FrameAt } from "../../../../src/simulation/index.ts";
import { aimedArb, enterAimed } from "../../../policy/aimed-frames.ts";
import {
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
  treatedArb,
} from "../../../policy/scenarios.ts";
import { propertyRuns } from "../../../properties.ts";

/** A network with policies in effect, for which frames are explained. */
class ExplainedNetwork {
  readonly #scenario: Scenario;
  readonly #compiler: TapCompiler;
  readonly policies: readonly Policy[];

  constructor(network: Network, documents: readonly PolicyDocument[]) {
    this.#scenario = new Scenario(network);
    this.policies = policiesOf(documents);
    this.#compiler = new TapCompiler(this.#scenario.environment);
    this.#compiler.update({ upsert: this.policies });
  }

  get topology() {
    return this.#scenario.topology;
  }

  /** Entries of other applications on the first switch. */
  foreign: readonly ListedFlow[] = [];

  explain(at: FrameAt, listed?: readonly string[]) {
    const [first] = this.topology.switches.keys();
    const tables = this.#scenario.tables(this.#compiler);
    return explainFrame(
      at,
      {
        topology: this.topology,
        desired: (dpid) => tables(dpid).filter(({ table }) => table === 0),
        foreign: (dpid) => (dpid === first ? this.foreign : []),
        entryState: () => "confirmed",
        policies: this.policies,
        status: ({ enabled }) => ({ state: enabled ? "active" : "disabled", reasons: [] }),
        plan: ({ id }) => this.#compiler.plan(id),
      },
      { ids: listed },
    );
  }

  ask(request: ExplainRequest) {
    const read = readFrame(request, this.topology);
    if ("problems" in read) throw new Error(JSON.stringify(read.problems));
    return this.explain(read.at, request.policies);
  }

  problems(request: ExplainRequest): string[] {
    const read = readFrame(request, this.topology);
    if (!("problems" in read)) return [];
    return read.problems.map(({ path, what }) => `/${path.join("/")} ${what}`);
  }
}

/** h1 and h2 on s1, h3 and h4 on s2. */
const NETWORK: Network = {
  profiles: ["paths", "paths"],
  parents: [0],
  extra: [],
  hosts: [0, 0, 1, 1].map((at) => ({ at, shared: false })),
  connected: true,
};
const h = (n: number) => ({ host: `h${n}` });
const WEB: PolicyDocument = {
  sender: h(1),
  receiver: h(3),
  monitors: [h(4), h(2)],
  filters: { tcp_dst: 80 },
  exclude: [{ ip_dscp: "ef" }],
};
const networkWith = (...documents: PolicyDocument[]) => new ExplainedNetwork(NETWORK, documents);

/** An entry of another application, as a switch lists it. */
function listed(text: string): ListedFlow {
  const { tableId: table, ...flow } = parseFlow(text);
  return { table, ...flow };
}

describe("an entry of another application", () => {
  const question: ExplainRequest = { at: h(1), to: h(3), frame: { tcp_dst: 80 } };
  const answerWith = (...entries: string[]) => {
    const network = networkWith(WEB);
    network.foreign = entries.map(listed);
    return network.ask(question);
  };
  const untouched = networkWith(WEB).ask(question);

  test("that takes the frame is named, with what it does", () => {
    const answer = answerWith("cookie=0x99,priority=65000,tcp actions=drop");
    const taken =
      "another application's flow entry takes the frame on switch s1 (cookie=0x99, table=0,priority=65000,tcp)";
    expect(answer.taken).toEqual([taken]);
    expect(answer.hops).toHaveLength(1);
    expect(answer.hops[0]?.rules).toMatchObject([
      { priority: 65_000, cookie: "0x99", match: "tcp", actions: "drop", state: "foreign" },
    ]);
    expect([answer.originals, answer.copies]).toEqual([[], []]);
    expect(answer.policies[0]?.monitors).toMatchObject([
      { copied: false, reason: taken },
      { copied: false, reason: taken },
    ]);
    // No defect of the tables, and no switch lacks an entry.
    expect(answer.agreement.ok).toBe(true);
    expect(answer.installed.state).toBe("confirmed");
    expect(answer.assumptions).toEqual(untouched.assumptions);
  });

  test("that hands the frame back changes nothing but the trace", () => {
    const back = "priority=65000,tcp,reg5=0 actions=load:1->NXM_NX_REG5[],resubmit(,0)";
    const answer = answerWith(back);
    expect(answer.copies.map(({ frame }) => frame)).toEqual(
      untouched.copies.map(({ frame }) => frame),
    );
    expect(answer.policies).toEqual(untouched.policies);
  });

  test("that does what is not simulated is assumed to drop", () => {
    const answer = answerWith("priority=65000,tcp actions=group:7");
    expect(answer.taken).toHaveLength(1);
    expect(answer.assumptions.at(-1)).toContain("not simulated: they are assumed to drop");
  });

  test("of the priority of a rule takes the frame, and one that does not match changes nothing", () => {
    expect(answerWith("priority=65000,udp actions=drop")).toEqual(untouched);
    const { priority = 0 } = untouched.hops[0]?.rules[0] ?? {};
    expect(answerWith(`priority=${priority} actions=drop`).copies).toEqual([]);
  });
});

describe("a frame that a policy matches", () => {
  const answer = networkWith(WEB).ask({ at: h(1), to: h(3), frame: { tcp_dst: 80 } });

  test("reaches its receiver, and its copies reach the monitors, bit for bit", () => {
    expect(answer.originals.map(({ hosts }) => hosts)).toEqual([["h3"]]);
    expect(answer.copies).toMatchObject([
      { hosts: ["h2"], policies: ["p0"], bitExact: true, way: [0] },
      { hosts: ["h4"], policies: ["p0"], bitExact: true },
    ]);
    expect(answer.policies).toMatchObject([
      { id: "p0", matches: true, monitors: [{ copied: true }, { copied: true }] },
    ]);
    expect(answer.agreement).toEqual({ ok: true, problems: [] });
  });

  test("is shown with the rules it matches, and its bytes at each hop", () => {
    const [entry] = answer.hops;
    expect(entry?.rules).toMatchObject([
      {
        category: "rewriting",
        match: expect.stringContaining("tp_dst=80"),
        state: "confirmed",
        frame: answer.frame,
      },
    ]);
    const copy = entry?.sends.find(({ kind, to }) => kind === "copy" && "link" in to);
    // The copy on the link: addressed to the monitor, from a tap mark.
    expect(copy?.frame).toMatch(/^fa00000000040e7a/);
    expect(copy?.frame.slice(24)).toBe(answer.frame.slice(24));
    expect(
      answer.hops.map(({ kind, rules }) => [kind, rules.map((each) => each.category)]),
    ).toEqual([
      ["original", ["rewriting"]],
      ["original", ["forwarding"]],
      ["copy", ["transit", "recovery"]],
    ]);
  });

  test("has the same explanation when given in hex", () => {
    expect(networkWith(WEB).ask({ at: { switch: "s1", port: 1 }, frame: answer.frame })).toEqual(
      answer,
    );
    const spaced = answer.frame.replace(/..(?!$)/g, "$&:");
    expect(networkWith(WEB).ask({ frame: spaced })).toEqual(answer);
  });
});

describe("a policy that does not match a frame gives the first reason", () => {
  test.each<[string, ExplainRequest]>([
    [
      "it is not from sender h1: eth_src does not hold: the frame has fa:00:00:00:00:02",
      { at: h(2), to: h(3), frame: { tcp_dst: 80 } },
    ],
    [
      "it is not for receiver h3: eth_dst does not hold: the frame has fa:00:00:00:00:04",
      { at: h(1), to: h(4), frame: { tcp_dst: 80 } },
    ],
    [
      "such frames are tapped at s1 port 1 (sender's edge): this one does not pass them",
      { at: h(2), to: h(3), frame: { eth_src: "fa:00:00:00:00:01", tcp_dst: 80 } },
    ],
    [
      "filter tcp_dst does not hold: the frame has 443",
      { at: h(1), to: h(3), frame: { tcp_dst: 443 } },
    ],
    [
      "filter tcp_dst does not hold: the frame has none",
      { at: h(1), to: h(3), frame: { udp_dst: 80 } },
    ],
    ["it is excluded: ip_dscp 46", { at: h(1), to: h(3), frame: { tcp_dst: 80, ip_dscp: "ef" } }],
  ])("%s", (reason, request) => {
    const answer = networkWith(WEB).ask(request);
    expect(answer.policies).toMatchObject([{ id: "p0", matches: false, reason, monitors: [] }]);
    expect(answer.copies).toEqual([]);
    expect(answer.agreement.ok).toBe(true);
  });

  test.each<[string, PolicyDocument]>([
    [
      "no switch forwards frames for the addresses 01:80:c2:00:00:0x: they leave by no port",
      { sender: h(1), receiver: { port: { switch: "s1", port: 2 } }, monitors: [h(3)] },
    ],
    [
      "IP and ARP frames for the addresses 01:80:c2:00:00:0x are not copied for a policy that is for IP or ARP",
      { sender: h(1), receiver: "any", monitors: [h(3)], filters: { ip_proto: "tcp" } },
    ],
  ])("%s", (reason, policy) => {
    const frame = { eth_dst: "01:80:c2:00:00:0e", tcp_dst: 80 };
    const answer = networkWith(policy).ask({ at: h(1), frame });
    expect(answer.policies).toMatchObject([{ id: "p0", matches: false, reason, monitors: [] }]);
    expect(answer.agreement.ok).toBe(true);
  });

  test("it is disabled", () => {
    const { policies } = networkWith({ ...WEB, enabled: false }).ask({
      at: h(1),
      to: h(3),
      frame: { tcp_dst: 80 },
    });
    expect(policies).toMatchObject([{ state: "disabled", reason: "it is disabled" }]);
  });
});

describe("a monitor that receives no copy has a reason", () => {
  test("its own conversation; no place", () => {
    const policy: PolicyDocument = {
      sender: h(1),
      receiver: "any",
      monitors: [h(4), { mac: "fa:00:00:00:00:99" }],
    };
    const { policies } = networkWith(policy).ask({ at: h(1), to: h(4), frame: { tcp_dst: 80 } });
    expect(policies[0]?.monitors).toEqual([
      { monitor: "h4", copied: false, reason: "it is the monitor's own conversation" },
      {
        monitor: "fa:00:00:00:00:99",
        copied: false,
        reason: "monitor fa:00:00:00:00:99 has not been seen on any port",
      },
    ]);
  });
});

test("policies that do not match are listed if they come near, or on request", () => {
  const others = Array.from({ length: 50 }, () => ({ ...WEB, sender: h(2), monitors: [h(4)] }));
  const near = { ...WEB, filters: { tcp_dst: 81 } };
  const request = { at: h(1), to: h(3), frame: { tcp_dst: 80 } };
  const all = networkWith(...others, WEB, near);
  const answer = all.ask(request);
  expect(answer.policies.slice(0, 2).map(({ id }) => id)).toEqual(["p50", "p51"]);
  expect(answer.policies.length + answer.unlistedPolicies).toBe(52);
  expect(answer.policies.length).toBeLessThan(30);
  expect(all.ask({ ...request, policies: ["p7"] }).policies.map(({ id }) => id)).toEqual(["p7"]);
});

test.each<[string, ExplainRequest]>([
  ["/frame this is not a frame of 14 to 9216 bytes in hex", { at: h(1), frame: "fa00" }],
  ["/frame this is not a frame of 14 to 9216 bytes in hex", { at: h(1), frame: "xx".repeat(14) }],
  ['/frame/tcp_dts there is no field "tcp_dts"', { at: h(1), to: h(3), frame: { tcp_dts: 1 } }],
  [
    '/frame/tcp_dst a frame has one tcp_dst, not "80-90"',
    { at: h(1), to: h(3), frame: { tcp_dst: "80-90" } },
  ],
  [
    "/frame/tcp_dst such a frame cannot have tcp_dst 80: it would have none",
    { at: h(1), to: h(3), frame: { tcp_dst: 80, ip_proto: "udp" } },
  ],
  ["/frame/eth_dst the frame's destination is missing", { at: h(1), frame: { tcp_dst: 80 } }],
  ['/at/host there is no host "h9"', { at: h(9), frame: { eth_dst: "fa:00:00:00:00:03" } }],
  ['/to/host there is no host "h9"', { at: h(1), to: h(9), frame: {} }],
  ['/at/switch there is no switch "s9"', { at: { switch: "s9", port: 1 }, to: h(1), frame: {} }],
  ["/at/port switch s1 has no port 77", { at: { switch: "s1", port: 77 }, to: h(1), frame: {} }],
  ["/at where the frame enters is missing", { to: h(1), frame: {} }],
])("%s", (problem, request) => {
  expect(networkWith(WEB).problems(request)).toContain(problem);
});

test("decisions of other programs are listed as assumptions", () => {
  const network: Network = { ...NETWORK, profiles: ["normal", { table: 7 }] };
  const answer = new ExplainedNetwork(network, [WEB]).ask({
    at: h(1),
    to: h(3),
    frame: { tcp_dst: 80 },
  });
  expect(answer.originals.map(({ hosts }) => hosts)).toEqual([["h3"]]);
  expect(answer.assumptions).toEqual([
    "s1 forwards by its own learning: assumed to know the location of every known host",
    "another application forwards on s2 from table 7 on: assumed to act as a switch that knows the location of every known host",
  ]);
});

test("a switch without clones is assumed to leave the tags of copied frames as they are", () => {
  const assumed = (copy: PolicyDocument["copy"]) =>
    new ExplainedNetwork({ ...NETWORK, profiles: ["normal", "paths"], arePlain: true }, [
      { ...WEB, exclude: [], ...(copy && { copy }) },
    ])
      .ask({ at: h(1), to: h(3), frame: { tcp_dst: 80, vlan_vid: 100 } })
      .assumptions.filter((each) => each.includes("DEI"));
  expect(assumed({ delivery: "tag" })).toEqual([
    "s1 is assumed to leave the frame's VLAN tags as they are: where it changes them, copies by a tap VLAN may lose the drop eligible bit (DEI), since it is not Open vSwitch",
  ]);
  expect(assumed(undefined)).toEqual([]);
});

test("explanations are consistent, and every missing copy has a reason", {
  timeout: 300_000,
}, () => {
  const many = fc.array(fc.oneof(policyArb, mirrorArb, treatedArb), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(networkArb, many, fc.array(aimedArb, { maxLength: 6 }), (network, docs, frames) => {
      const all = new ExplainedNetwork(network, docs);
      for (const plan of frames) {
        const answer = all.explain(enterAimed(plan, all.policies, all.topology));
        expect(answer.agreement).toEqual({ ok: true, problems: [] });
        for (const copy of answer.copies) expect(copy.bitExact).toBe(true);
        for (const { matches, reason, monitors } of answer.policies) {
          if (!matches) expect(reason).toBeDefined();
          for (const each of monitors) expect(each.copied || each.reason !== undefined).toBe(true);
        }
      }
    }),
    { numRuns: propertyRuns(500) },
  );
});

describe("a copy by tunnel", () => {
  const tunnelled = { ...WEB, monitors: [{ ip: "192.0.2.7" }], copy: { tunnel: "p90" } };
  const question: ExplainRequest = { at: h(1), to: h(3), frame: { tcp_dst: 80 } };

  test("leaves by the tunnel's port at the tap point, unchanged", () => {
    const answer = networkWith(tunnelled).ask(question);
    expect(answer.copies).toMatchObject([
      { switch: "s1", port: 90, policies: ["p0"], bitExact: true, way: [0] },
    ]);
    expect(answer.policies).toMatchObject([{ matches: true, monitors: [{ copied: true }] }]);
    expect(answer.agreement).toEqual({ ok: true, problems: [] });
  });

  test("coexists with a copy over the links, each once", () => {
    const answer = networkWith(tunnelled, { ...WEB, monitors: [h(4)] }).ask(question);
    const places = answer.copies.map((copy) => [copy.switch, copy.port, copy.policies]);
    expect(places.sort()).toEqual([
      ["s1", 90, ["p0"]],
      ["s2", 4, ["p1"]],
    ]);
  });

  test("is not made while the switch has no such port, which is no disagreement", () => {
    const answer = networkWith({ ...tunnelled, copy: { tunnel: "vx" } }).ask(question);
    expect(answer.copies).toEqual([]);
    const [monitor] = answer.policies[0]?.monitors ?? [];
    expect(monitor).toMatchObject({ copied: false, reason: expect.stringContaining("vx") });
    expect(answer.agreement.ok).toBe(true);
  });
});

test("tables that deviate from the policies are reported as a defect", () => {
  const all = networkWith(WEB);
  const read = readFrame({ at: h(1), to: h(3), frame: { tcp_dst: 80 } }, all.topology);
  if ("problems" in read) throw new Error("no frame");
  const { topology } = all;
  const answer = explainFrame(read.at, {
    topology,
    desired: () => [],
    foreign: () => [],
    entryState: () => "pending",
    policies: all.policies,
    status: () => ({ state: "active", reasons: [] }),
    plan: () => undefined,
  });
  expect(answer.agreement).toEqual({
    ok: false,
    problems: [
      "policy p0 owes monitor h4 a copy that does not arrive",
      "policy p0 owes monitor h2 a copy that does not arrive",
    ],
  });
});
