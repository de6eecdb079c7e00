// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { type Policy, type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { TopologyState } from "../../../src/topology/index.ts";
import type { AimedPlan } from "../aimed-frames.ts";
import { deliveries } from "../deliveries.ts";
import { tables } from "../followed-tables.ts";
import { PLAIN_SHAPE } from "../frame-shapes.ts";
import { configOf, environmentOf, mac, type Network, policiesOf, Scenario } from "../scenarios.ts";

/** Hosts at the switches of these indexes, each at a port of its own. */
function network(parents: readonly number[], hosts: readonly number[]): Network {
  return {
    profiles: [0, ...parents].map(() => "paths" as const),
    parents,
    extra: [],
    hosts: hosts.map((at) => ({ at, shared: false })),
  };
}

/** A frame of one host for another, where the sender is. */
function frame(from: number, to: number, fields: AimedPlan["fields"] = {}): AimedPlan {
  const addresses = { ethSrc: mac(from), ethDst: mac(to) };
  const all = { ...addresses, ethType: 0x88b5, ...fields };
  return { in: -1, aim: undefined, fields: all, shape: PLAIN_SHAPE };
}

const h = (n: number) => ({ host: `h${n}` });
const at = (name: string, port: number) => ({ port: { switch: name, port } });

/** Counterexamples that property tests found, shrunk. */
describe("counterexamples of property tests", () => {
  test("a VLAN id that changes to another monitor and back keeps its rule", () => {
    const { environment } = new Scenario(network([0], [0, 0, 1, 1, 0]));
    const narrow = { ...environment, tapVlans: { first: 100, last: 102 } };
    const policy = (id: string, document: PolicyDocument): Policy[] =>
      policiesOf([document]).map((each) => ({ ...each, id: id as Policy["id"] }));
    const steady = policy("p1", {
      sender: { mac: "fa:00:00:00:00:01" },
      receiver: at("s1", 1),
      monitors: [{ mac: "fa:00:00:00:00:04" }],
      direction: "both",
    });
    const before: PolicyDocument = {
      sender: h(1),
      receiver: { ip: "10.0.0.1" },
      monitors: [{ balance: [h(3), h(2)] }],
    };
    const after: PolicyDocument = {
      sender: { ip: "10.0.0.1" },
      receiver: { mac: "fa:00:00:00:00:01" },
      monitors: [{ balance: [h(3)] }],
      copy: { truncate: 40 },
    };
    const edited = new TapCompiler(narrow);
    edited.update({ upsert: steady });
    const alone = tables(edited, narrow);
    edited.update({ upsert: policy("p0", before) });
    edited.update({ upsert: policy("p0", after) });
    edited.update({ remove: ["p0" as Policy["id"]] });
    expect(tables(edited, narrow)).toEqual(alone);
  });

  test("a policy whose receiver is not at the port it names takes no copies from others", () => {
    const receiver = { mac: "fa:00:00:00:00:03" };
    const documents: PolicyDocument[] = [
      { sender: at("s1", 1), receiver, monitors: [h(2)] },
      { sender: "any", receiver: { ...receiver, ...at("s2", 1) }, monitors: [h(2)] },
    ];
    const { actual, owed } = deliveries(network([0], [0, 0, 0]), documents, [frame(1, 3)]);
    expect(owed.flat()).toHaveLength(2);
    expect(actual).toEqual(owed);
  });

  test("a link port is neither sender nor receiver: a frame would be copied at every link", () => {
    const documents: PolicyDocument[] = [
      { sender: h(2), receiver: "any", monitors: [h(3)] },
      { sender: at("s1", 51), receiver: "any", monitors: [h(3)] },
      { sender: "any", receiver: at("s2", 51), monitors: [h(3)] },
    ];
    const chain = network([0, 1], [0, 1, 2]);
    const { actual, owed } = deliveries(chain, documents, [frame(2, 1)]);
    expect(actual).toEqual(owed);
    const compiler = new TapCompiler(new Scenario(chain).environment);
    compiler.update({ upsert: policiesOf(documents) });
    const problems = ["p1", "p2"].map((id) => compiler.plan(id as Policy["id"])?.problems[0]);
    expect(problems).toEqual([
      { blocks: "policy", what: "sender port 51 of switch s1 is at a link between switches" },
      { blocks: "policy", what: "receiver port 51 of switch s2 is at a link between switches" },
    ]);
  });

  test("a tap that defers to a tap which defers to its own switch still gets its copies", () => {
    const documents: PolicyDocument[] = [
      { sender: "any", receiver: at("s1", 2), monitors: [h(1)], copy: { truncate: 20 } },
      { sender: "any", receiver: at("s2", 1), monitors: [h(1)], copy: { truncate: 20 } },
      { sender: h(4), receiver: "any", monitors: [h(1)] },
    ];
    const broadcast = frame(4, 0, { ethDst: 0xffffffffffff });
    const { actual, owed } = deliveries(network([0], [0, 0, 0, 1]), documents, [broadcast]);
    expect(actual).toEqual(owed);
  });

  test("a policy that may get more than it requests has a problem that says so", () => {
    const documents: PolicyDocument[] = [
      { sender: at("s1", 1), receiver: "any", monitors: [h(3)] },
      { sender: "any", receiver: h(2), monitors: [h(3)], copy: { truncate: 20 } },
    ];
    const { environment } = new Scenario(network([0], [0, 1, 1]));
    const compiler = new TapCompiler(environment);
    const policies = policiesOf(documents);
    compiler.update({ upsert: policies });
    const [wide, cut] = policies.map(({ id }) => compiler.plan(id)?.problems);
    expect(wide).toEqual([]);
    const what =
      "copies for monitor h3 may be treated as policy p0 requests for its own: s2 makes both and cannot distinguish them";
    expect(cut).toEqual([{ blocks: "part", monitor: "h3", what }]);
  });

  test("a source address in a filter does not identify the in-port of its frames", () => {
    const isAtS1 = { eth_src: "fa:00:00:00:00:02" };
    const documents: PolicyDocument[] = [
      { sender: at("s2", 9), receiver: "any", monitors: [h(3)], filters: isAtS1 },
      { sender: "any", receiver: h(1), monitors: [h(3)], copy: { truncate: 20 } },
    ];
    const { environment } = new Scenario(network([0], [0, 0, 1]));
    const compiler = new TapCompiler(environment);
    const policies = policiesOf(documents);
    compiler.update({ upsert: policies });
    const [, cut] = policies.map(({ id }) => compiler.plan(id)?.problems);
    const what =
      "copies for monitor h3 may be treated as policy p0 requests for its own: s1 makes both and cannot distinguish them";
    expect(cut).toEqual([{ blocks: "part", monitor: "h3", what }]);
  });

  test("excluded frames do not get the treatment of the included ones", () => {
    const documents: PolicyDocument[] = [
      { sender: "any", receiver: h(3), monitors: [h(1)], copy: { truncate: 20 } },
      { sender: h(4), receiver: h(3), monitors: [h(1)], exclude: [{ eth_type: "ipv4" }] },
    ];
    const frames = [
      frame(4, 3, { ethType: 0x0800, ipv4Src: 0x0a000004, ipv4Dst: 0x0a000003 }),
      frame(4, 3),
    ];
    const { actual, owed } = deliveries(network([0], [0, 0, 0, 1]), documents, frames);
    expect(actual).toEqual(owed);
  });

  test("a tap with delivery rewrite also makes copies for taps that defer to it", () => {
    const documents: PolicyDocument[] = [
      {
        sender: { mac: "fa:00:00:00:00:09" },
        receiver: h(2),
        monitors: [h(1)],
        copy: { delivery: "rewrite" },
      },
      { sender: at("s1", 90), receiver: h(2), monitors: [h(1)] },
    ];
    const strange = { ...frame(9, 2), in: 90 };
    for (const enters of [0, 1, 2, 3, 4, 5, 6]) {
      const frames = [{ ...strange, in: enters }];
      const { actual, owed } = deliveries(network([0], [0, 1, 0]), documents, frames);
      expect(actual).toEqual(owed);
    }
  });

  test("a monitor that a balanced set names twice gets the flows of both names", () => {
    const monitors = [{ balance: [h(2), at("s2", 2)] }];
    const documents: PolicyDocument[] = [
      { sender: "any", receiver: h(4), monitors: [h(2)], copy: { truncate: 20 } },
      { sender: { ip: "10.0.0.0/30" }, receiver: "any", monitors },
    ];
    const frames = [0, 1, 2, 3, 4, 5, 6, 7].map((n) =>
      frame(1, 4, { ethType: 0x0800, ipv4Src: 0x0a000001, ipv4Dst: 0x0a000100 + n }),
    );
    const { actual, owed } = deliveries(network([0], [0, 1, 0, 1]), documents, frames);
    expect(actual).toEqual(owed);
  });

  test("rules of one priority never match a frame with different transports", () => {
    const hosts = [
      { at: 1, shared: false },
      { at: 0, shared: false },
      { at: 1, shared: true },
    ];
    const documents: PolicyDocument[] = [
      { sender: at("s4", 1), receiver: { ip: "10.0.0.3" }, monitors: [{ ip: "10.0.0.1" }] },
      { sender: "any", receiver: h(3), monitors: [h(2)], direction: "both" },
      {
        sender: { mac: "fa:00:00:00:00:01", ip: "10.0.0.1" },
        receiver: { ip: "10.0.0.0/30" },
        monitors: [at("s1", 1)],
      },
      { sender: "any", receiver: h(1), monitors: [h(1)], exclude: [{ ip_proto: "tcp" }] },
    ];
    const own = frame(3, 3, { ethType: 0x0800, ipv4Src: 0, ipv4Dst: 0x0a000003 });
    expect(() => deliveries({ ...network([0], []), hosts }, documents, [own])).not.toThrow();
  });

  test("a policy served by another policy's rule changes when its copies are rerouted", () => {
    const config = configOf({ ...network([0, 1, 1], [0, 0, 3]), extra: [[0, 2]] });
    const environment = (links: typeof config.links) =>
      environmentOf(TopologyState.empty.withConfig({ ...config, links }).topology);
    const compiler = new TapCompiler(environment(config.links));
    const policies = policiesOf([
      { sender: "any", receiver: at("s4", 1), monitors: [h(1)] },
      { sender: h(3), receiver: at("s1", 3), monitors: [h(1)] },
    ]);
    compiler.update({ upsert: policies });
    const now = environment(config.links.filter((_, index) => index !== 1));
    expect(compiler.rebase(now).changed).toEqual(["p0", "p1"]);
  });

  test("marks carry frames for reserved addresses from a port, whatever their source is", () => {
    const direct: Network = { ...network([0], [0, 1]), direct: "all", lacksTags: true };
    const policy = { sender: at("s1", 1), receiver: "any" as const, monitors: [h(2)] };
    const frames = [1, 9].map((from) => ({ ...frame(from, 1, { ethDst: 0x0180c2000000 }), in: 0 }));
    const { actual, owed } = deliveries(direct, [policy], frames);
    expect(actual).toEqual(owed);
    expect(actual.map((copies) => copies.length)).toEqual([1, 1]);
  });

  test("problems use the names that a policy gives its monitors", () => {
    const { environment } = new Scenario(network([0, 0], [0, 1, 2]));
    const { tapVlans: _, ...withoutIds } = environment;
    const compiler = new TapCompiler(withoutIds);
    compiler.update({
      upsert: policiesOf([
        { sender: h(1), receiver: "any", monitors: [h(2)] },
        { sender: "any", receiver: h(3), monitors: [{ mac: "fa:00:00:00:00:02" }] },
      ]),
    });
    const problems = compiler.plan("p0" as Policy["id"])?.problems.map(({ what }) => what);
    const why =
      'the links from s1 to monitor h2 are not proven to join the switches directly, and no VLAN ids are reserved: discover them, write "direct": true in the topology file, or set tapVlanRange';
    expect(problems).toEqual([why]);
  });
});
