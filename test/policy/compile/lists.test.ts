// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { explainMatch, type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import { deliveries } from "../deliveries.ts";
import { tables } from "../followed-tables.ts";
import { PLAIN_SHAPE } from "../frame-shapes.ts";
import { mac, policiesOf, Scenario, TWO_SWITCHES } from "../scenarios.ts";

const h = (n: number) => ({ host: `h${n}` });

function compiled(...documents: PolicyDocument[]) {
  const { environment } = new Scenario(TWO_SWITCHES);
  const compiler = new TapCompiler(environment);
  const policies = policiesOf(documents);
  compiler.update({ upsert: policies });
  const plans = policies.map(({ id }) => compiler.plan(id));
  return { tables: tables(compiler, environment), plans };
}

const to3 = (sender: PolicyDocument["sender"], more?: Partial<PolicyDocument>): PolicyDocument => ({
  ...{ sender, receiver: h(3), monitors: [h(4)] },
  ...more,
});

describe("a list of senders, receivers or filters", () => {
  test("has the tables of a policy for each of them", () => {
    expect(compiled(to3([h(1), h(2)])).tables).toEqual(compiled(to3(h(1)), to3(h(2))).tables);
    const both = to3([h(1), h(2)], { direction: "both" });
    const each = [h(1), h(2)].map((sender) => to3(sender, { direction: "both" }));
    expect(compiled(both).tables).toEqual(compiled(...each).tables);
    const filters = [{ tcp_dst: 80 }, { udp_src: 53 }];
    expect(compiled(to3(h(1), { filters })).tables).toEqual(
      compiled(...filters.map((one) => to3(h(1), { filters: one }))).tables,
    );
  });

  test("is tapped where each member is; of one without a place the reasons say so", () => {
    const { plans } = compiled(to3([h(1), { mac: "fa:00:00:00:00:77" }, h(9)]));
    expect(plans[0]).toMatchObject({
      tapPoints: ["s1 port 1 (sender's edge)", "s2 port 3 (receiver's edge)"],
      problems: [{ blocks: "part", what: "sender h9: there is no host of that name" }],
    });
  });

  test("that has no place at all blocks the policy, for each member", () => {
    const nowhere = { mac: "fa:00:00:00:00:77" };
    const { plans } = compiled(to3([nowhere, h(9)], { receiver: { mac: "fa:00:00:00:00:78" } }));
    expect(plans[0]?.problems).toEqual([
      { blocks: "policy", what: "sender fa:00:00:00:00:77 has not been seen on any port" },
      { blocks: "policy", what: "receiver fa:00:00:00:00:78 has not been seen on any port" },
      { blocks: "policy", what: "sender h9: there is no host of that name" },
    ]);
  });

  test("with thousands of members without a place lists the first reasons", () => {
    const strangers = Array.from({ length: 100 }, (_, n) => ({ ip: `192.0.2.${n}` }));
    const { plans } = compiled(to3([...strangers, h(1)], { receiver: { ip: "198.51.100.1" } }));
    const problems = plans[0]?.problems ?? [];
    expect(problems).toHaveLength(21);
    expect(problems.at(-1)?.what).toBe("there are 81 more reasons like these");
  });

  test("may mix address families: what no frame can be is not waited for", () => {
    const dual = (n: number) => [{ ip: `10.0.0.${n}` }, { ip: `fd00::${n}` }];
    const policy = to3(dual(1), { receiver: dual(3) });
    const { tables, plans } = compiled(policy);
    expect(plans[0]?.problems).toEqual([]);
    const apart = [0, 1].map((at) => to3(dual(1)[at] ?? "any", { receiver: dual(3)[at] ?? "any" }));
    expect(tables).toEqual(compiled(...apart).tables);
  });

  test("that no frame can match blocks the policy, and says so", () => {
    const { plans } = compiled(
      to3([{ mac: "fa:00:00:00:00:03" }, { mac: "fa:00:00:00:00:04" }], {
        ...{ receiver: h(1), monitors: [h(2)], filters: { eth_src: "@hosts" } },
      }),
    );
    const what = "no frame matches its sender, receiver and filters together";
    for (const plan of plans) expect(plan?.problems).toEqual([{ blocks: "policy", what }]);
  });

  test("contains the monitor: it gets no copies", () => {
    const { plans } = compiled(to3([h(1), { ip: "10.0.0.4" }]));
    expect(plans[0]?.problems).toEqual([
      { blocks: "monitor", monitor: "h4", what: "monitor h4 is the policy's own sender" },
    ]);
  });

  test("is explained by its nearest member", () => {
    const { topology } = new Scenario(TWO_SWITCHES);
    const [policy] = policiesOf([
      to3([h(1), h(2)], { filters: [{ tcp_dst: 80 }, { udp_dst: 53 }] }),
    ]);
    if (policy === undefined) throw new Error("no policy");
    const reason = (from: number, fields: object) => {
      const home = topology.hostByMac(mac(from));
      if (home?.port === undefined) throw new Error("no host");
      const path = [{ dpid: home.dpid, inPort: home.port }];
      const frame = { ethSrc: mac(from), ethDst: mac(3), vlanVid: 0, ethType: 0x0800, ...fields };
      return explainMatch(policy, topology, path, frame).reason;
    };
    expect(reason(2, { ipProto: 17, udpSrc: 1, udpDst: 53 })).toBeUndefined();
    expect(reason(2, { ipProto: 17, udpSrc: 1, udpDst: 54 })).toBe(
      "filter tcp_dst does not hold: the frame has none, and filter udp_dst does not hold: the frame has 54",
    );
    expect(reason(4, { ipProto: 17, udpSrc: 1, udpDst: 53 })).toBe(
      "it is of no sender and receiver in its lists; of the first ones: it is not from sender h1: eth_src does not hold: the frame has fa:00:00:00:00:04",
    );
  });
});

describe("of several filters, one fixes an address", () => {
  const filters = [{ eth_src: "fa:00:00:00:00:01", tcp_dst: 80 }, { eth_dst: "fa:00:00:00:00:03" }];
  const rewriting: PolicyDocument = {
    sender: { port: { switch: "s1", port: 1 } },
    ...{ receiver: "any", monitors: [h(4)], copy: { delivery: "rewrite" } },
  };
  // Frames from h1 for h3 have rules of their own because of it.
  const other: PolicyDocument = { sender: h(1), receiver: h(3), monitors: [h(2)] };

  /** How many devices get a frame from h1 for h3: h3, h2 and perhaps h4. */
  function reached(policy: Partial<PolicyDocument>, transport: object): number | undefined {
    const fields = { ethSrc: mac(1), ethDst: mac(3), ethType: 0x0800, ...transport };
    const frame = { in: -1, aim: undefined, fields, shape: PLAIN_SHAPE };
    const { actual, owed } = deliveries(
      TWO_SWITCHES,
      [{ ...rewriting, ...policy }, other],
      [frame],
    );
    expect(actual).toEqual(owed);
    return actual[0]?.length;
  }

  test("only for the frames that it selects", () => {
    expect(reached({ filters }, { ipProto: 6, tcpSrc: 1, tcpDst: 80 })).toBe(3);
    expect(reached({ filters }, { ipProto: 6, tcpSrc: 1, tcpDst: 81 })).toBe(2);
    expect(reached({ filters }, { ipProto: 17, udpSrc: 1, udpDst: 80 })).toBe(2);
  });

  test("for all frames if each one fixes it", () => {
    const each = filters.map((one) => ({ ...one, eth_src: "fa:00:00:00:00:01" }));
    expect(reached({ filters: each }, { ipProto: 17, udpSrc: 1, udpDst: 80 })).toBe(3);
  });
});
