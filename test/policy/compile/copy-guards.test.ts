// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { entryRef, type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { originalActions } from "../../../src/forwarding/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import {
  type ForwardingProfile,
  type Topology,
  TopologyState,
} from "../../../src/topology/index.ts";
import { configOf, dpid, LINE, port } from "../../topology/networks.ts";
import { ofctlText } from "../ofctl-text.ts";
import { policiesOf } from "../scenarios.ts";

const host = (n: number) => ({ host: `h${n}` });
const PAIR = { sender: host(1), receiver: host(2), monitors: [host(3)] };
const TO_ANY = { sender: host(1), receiver: "any" as const, monitors: [host(3)] };
const OTHERS = { table: 7 };

/** h1 and h2 on s1, h3 and h4 on s3, s2 between; its links are direct. */
function line(...profiles: readonly ForwardingProfile[]): TopologyState {
  const config = configOf({ ...LINE, profiles });
  const links = config.links.map((link) => ({ ...link, direct: true }));
  return TopologyState.empty.withConfig({ ...config, links });
}

function compiled(topology: Topology, document: PolicyDocument): TapCompiler {
  const compiler = new TapCompiler({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 3839, last: 4094 },
  });
  compiler.update({ upsert: policiesOf([document]) });
  return compiler;
}

/** The entries for copies, without rewriting rules, by switch. */
function wayOf(compiler: TapCompiler): Record<string, string[]> {
  return Object.fromEntries(
    [1, 2, 3].map((n) => {
      const lines = ofctlText(compiler.desired(dpid(n))).split("\n");
      return [`s${n}`, lines.filter((each) => /^priority=(6|5|4)/.test(each))];
    }),
  );
}

const only = (flows: readonly FlowSpec[], category: FlowSpec["category"]) => {
  const [found, ...others] = flows.filter((each) => each.category === category);
  if (found === undefined || others.length > 0) throw new Error(`not one ${category}`);
  return found;
};

test("what takes copies from a link relies on the guard at the other end", () => {
  const compiler = compiled(line("paths", "normal", "paths").topology, PAIR);
  const [s1, s2, s3] = [1, 2, 3].map((n) => compiler.desired(dpid(n)));
  const refOf = (n: number, flow: FlowSpec) => entryRef(dpid(n), flowKey(flow));
  const [first, second, third] = [s1, s2, s3].map((flows, index) =>
    refOf(index + 1, only(flows ?? [], "guard")),
  );
  const handOver = only(s3 ?? [], "transit");
  expect(only(s2 ?? [], "transit")).toMatchObject({
    behind: first,
    needs: [first, refOf(3, handOver), third],
  });
  expect(handOver).toMatchObject({ behind: second, needs: [second, third] });
});

test("without registers each recovery rule matches the link", () => {
  const ports = [3, 4, 10].map((no) => port(no));
  const plain = line("paths", "paths", "paths").apply({
    type: "switchConnected",
    dpid: dpid(3),
    ports,
    isPlain: true,
  });
  const { s3 } = wayOf(compiled(plain.topology, PAIR));
  expect(s3).toMatchInlineSnapshot(`
    [
      "priority=60000,in_port=10,dl_src=0e:7a:32:fc:f4:de,dl_dst=fa:00:00:00:00:03 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:3",
      "priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop",
    ]
  `);
});

test("where another application forwards nothing that hosts send is dropped", () => {
  const { topology } = line(OTHERS, OTHERS, OTHERS);
  expect(wayOf(compiled(topology, PAIR))).toMatchInlineSnapshot(`
    {
      "s1": [],
      "s2": [
        "priority=50000,in_port=11,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=output:12",
      ],
      "s3": [
        "priority=60000,reg0=0x3,dl_src=0e:7a:32:fc:f4:de,dl_dst=fa:00:00:00:00:03 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:3",
        "priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=set_field:0x3->reg0,resubmit(,0)",
        "priority=45000,reg0=0x3,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop",
      ],
    }
  `);
  expect(wayOf(compiled(topology, TO_ANY))).toMatchInlineSnapshot(`
    {
      "s1": [
        "priority=45000,in_port=10,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
        "priority=45000,in_port=10,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
      ],
      "s2": [
        "priority=50000,in_port=11,dl_dst=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=output:12",
        "priority=50000,in_port=11,dl_src=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=output:12",
        "priority=45000,in_port=11,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
        "priority=45000,in_port=11,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
        "priority=45000,in_port=12,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
        "priority=45000,in_port=12,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
      ],
      "s3": [
        "priority=60000,reg0=0x3,dl_dst=0e:79:d8:1f:bf:90/ff:ff:ff:ff:ff:f0 actions=load:0x180c200000->NXM_OF_ETH_DST[4..47],output:3",
        "priority=60000,reg0=0x3,dl_src=0e:79:d8:19:22:26 actions=set_field:fa:00:00:00:00:01->eth_src,output:3",
        "priority=50000,reg0=0,in_port=10,dl_dst=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=set_field:0x3->reg0,resubmit(,0)",
        "priority=50000,reg0=0,in_port=10,dl_src=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=set_field:0x3->reg0,resubmit(,0)",
        "priority=45000,in_port=10,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
        "priority=45000,in_port=10,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop",
      ],
    }
  `);
});

test("a switch that comes to forward by itself gets its guard", () => {
  const before = line(OTHERS, "paths", "paths");
  const compiler = compiled(before.topology, PAIR);
  expect(wayOf(compiler).s1).toEqual([]);
  const { topology } = line("paths", "paths", "paths");
  compiler.rebase({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 3839, last: 4094 },
  });
  expect(wayOf(compiler)).toEqual(wayOf(compiled(topology, PAIR)));
  expect(wayOf(compiler).s1).toHaveLength(1);
});
