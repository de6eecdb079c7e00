// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { flowKey } from "../../../src/flow-model/index.ts";
import { originalActions } from "../../../src/forwarding/index.ts";
import {
  type CompileEnvironment,
  type Policy,
  type PolicyDocument,
  TapCompiler,
} from "../../../src/policy/index.ts";
import { type Topology, TopologyState } from "../../../src/topology/index.ts";
import { configOf, LINE } from "../../topology/networks.ts";
import { ofctlText } from "../ofctl-text.ts";
import { policiesOf } from "../scenarios.ts";

type Plan = Parameters<typeof configOf>[0];

/** A planned network with these links direct (by index; default: all). */
function networkOf(plan: Plan, isDirect: (link: number) => boolean = () => true): Topology {
  const config = configOf(plan);
  const links = config.links.map((link, index) => ({ ...link, direct: isDirect(index) }));
  const hosts = config.hosts.map((host, index) => ({
    ...host,
    ips: [{ family: 4, value: 0x0a010100 + index + 1 } as const],
  }));
  return TopologyState.empty.withConfig({ ...config, links, hosts }).topology;
}

function environmentOf(topology: Topology, more: Partial<CompileEnvironment> = {}) {
  return {
    topology,
    originalActions: (...of: Parameters<CompileEnvironment["originalActions"]>) =>
      originalActions(topology, ...of),
    ...more,
  };
}

function compiled(
  topology: Topology,
  documents: readonly PolicyDocument[],
  more?: Partial<CompileEnvironment>,
): TapCompiler {
  const compiler = new TapCompiler(environmentOf(topology, more));
  compiler.update({ upsert: policiesOf(documents) });
  return compiler;
}

function tablesOf(compiler: TapCompiler, topology: Topology): Record<string, string> {
  return Object.fromEntries(
    [...topology.switches.keys()].map((at) => [
      `s${Number(at)}`,
      `\n${ofctlText(compiler.desired(at))}\n`,
    ]),
  );
}

const host = (n: number) => ({ host: `h${n}` });
const ip = (n: number) => ({ ip: `10.1.1.${n}` });
const planOf = (compiler: TapCompiler, id = "p0") => compiler.plan(id as Policy["id"]);

describe("the tables of", () => {
  test("a host to any: the source is marked", () => {
    const topology = networkOf({ ...LINE, profiles: ["normal", "normal", "paths"] });
    const policy = { sender: host(1), receiver: "any" as const, monitors: [host(3)] };
    expect(tablesOf(compiled(topology, [policy]), topology)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03 actions=NORMAL
      priority=20124,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=group:1
      priority=20080,in_port=1,dl_src=fa:00:00:00:00:01 actions=group:2
      group_id=1,type=all,bucket=actions=load:0xe79d81fbf9->NXM_OF_ETH_DST[4..47],output:10,bucket=actions=NORMAL
      group_id=2,type=all,bucket=actions=set_field:0e:79:d8:19:22:26->eth_src,output:10,bucket=actions=NORMAL
      ",
        "s2": "
      priority=50000,in_port=11,dl_dst=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=output:12
      priority=50000,in_port=11,dl_src=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=output:12
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      ",
        "s3": "
      priority=60000,reg0=0x3,dl_dst=0e:79:d8:1f:bf:90/ff:ff:ff:ff:ff:f0 actions=load:0x180c200000->NXM_OF_ETH_DST[4..47],output:3
      priority=60000,reg0=0x3,dl_src=0e:79:d8:19:22:26 actions=set_field:fa:00:00:00:00:01->eth_src,output:3
      priority=50000,reg0=0,in_port=10,dl_dst=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=set_field:0x3->reg0,resubmit(,0)
      priority=50000,reg0=0,in_port=10,dl_src=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      ",
      }
    `);
  });

  test("any to a host: the destination is marked", () => {
    const topology = networkOf(LINE);
    const policy = { sender: "any" as const, receiver: host(2), monitors: [host(3)] };
    expect(tablesOf(compiled(topology, [policy]), topology)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=20128,in_port=10,dl_src=fa:00:00:00:00:03,dl_dst=fa:00:00:00:00:02 actions=output:2
      priority=20096,dl_src=fa:00:00:00:00:03,dl_dst=fa:00:00:00:00:02 actions=output:2
      priority=20080,in_port=10,dl_dst=fa:00:00:00:00:02 actions=group:1
      priority=20048,dl_dst=fa:00:00:00:00:02 actions=group:2
      group_id=1,type=all,bucket=actions=output:2,bucket=actions=set_field:0e:79:d8:1d:4f:09->eth_dst,IN_PORT
      group_id=2,type=all,bucket=actions=output:2,bucket=actions=set_field:0e:79:d8:1d:4f:09->eth_dst,output:10
      ",
        "s2": "
      priority=50000,in_port=11,dl_dst=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=output:12
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      ",
        "s3": "
      priority=60000,reg0=0x3,dl_dst=0e:79:d8:1d:4f:09 actions=set_field:fa:00:00:00:00:02->eth_dst,output:3
      priority=50000,reg0=0,in_port=10,dl_dst=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      ",
      }
    `);
  });

  test("one IP address to another, truncated", () => {
    const topology = networkOf({ ...LINE, profiles: ["normal", "normal", "normal"] });
    const copy = { truncate: 64 };
    const policy = { sender: ip(1), receiver: ip(2), monitors: [host(3)], copy };
    expect(tablesOf(compiled(topology, [policy]), topology)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=20208,ip,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_src=10.1.1.1,nw_dst=10.1.1.2 actions=NORMAL
      priority=20204,ip,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0,nw_src=10.1.1.1,nw_dst=10.1.1.2 actions=NORMAL
      priority=20160,ip,in_port=1,dl_src=fa:00:00:00:00:01,nw_src=10.1.1.1,nw_dst=10.1.1.2 actions=group:1
      group_id=1,type=all,bucket=actions=set_field:0e:79:d8:14:02:24->eth_src,output:10,bucket=actions=NORMAL
      ",
        "s2": "
      priority=50000,in_port=11,dl_src=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=output:12
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      ",
        "s3": "
      priority=60000,reg0=0x3,dl_src=0e:79:d8:14:02:24 actions=set_field:fa:00:00:00:00:01->eth_src,clone(output(port=3,max_len=64)),output(port=0,max_len=14)
      priority=50000,reg0=0,in_port=10,dl_src=0e:79:d8:10:00:00/ff:ff:ff:f0:00:00 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_dst=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      priority=45000,dl_src=0e:79:00:00:00:00/ff:ff:00:00:00:00 actions=drop
      ",
      }
    `);
  });

  test("a second monitor and a second host: transit rules grow with monitors alone", () => {
    const topology = networkOf({ ...LINE, profiles: ["normal", "normal", "normal"] });
    const from = (n: number, to: number) => ({
      sender: host(n),
      receiver: "any" as const,
      monitors: [host(to)],
    });
    const s2 = (...documents: PolicyDocument[]) =>
      compiled(topology, documents)
        .desired([...topology.switches.keys()][1] ?? ("" as never))
        .filter(({ category, match }) => category === "transit" && match[0]?.field === "inPort")
        .length;
    // One by the source, and one by the destination for the reserved addresses.
    expect(s2(from(1, 3))).toBe(2);
    expect(s2(from(1, 3), from(2, 3))).toBe(2);
    expect(s2(from(1, 3), from(2, 3), from(2, 4))).toBe(4);
  });
});

describe("a policy with default settings", () => {
  const all: [string, PolicyDocument][] = [
    ["any to a host", { sender: "any", receiver: host(2), monitors: [host(3)] }],
    ["a host to any", { sender: host(1), receiver: "any", monitors: [host(3)] }],
    [
      "a prefix to a host",
      { sender: { ip: "10.1.0.0/16" }, receiver: host(2), monitors: [host(3)] },
    ],
    ["one IP address to another", { sender: ip(1), receiver: ip(2), monitors: [host(3)] }],
    [
      "a port, both ways",
      {
        sender: { port: { switch: "s1", port: 1 } },
        receiver: "any",
        monitors: [host(3)],
        direction: "both",
      },
    ],
  ];

  test.each(all)("%s has no problem over direct links", (_, document) => {
    expect(planOf(compiled(networkOf(LINE), [document]))?.problems).toEqual([]);
  });

  test.each(all)("%s never uses a mark over a link that merely stands in a file", (_, document) => {
    const topology = networkOf(LINE, (link) => link !== 1);
    const compiler = compiled(topology, [document]);
    const text = JSON.stringify(Object.values(tablesOf(compiler, topology)));
    expect(text).not.toContain("0e:79");
    const what = planOf(compiler)?.problems.map((each) => each.what);
    expect(what?.join()).toContain("not proven to join the switches directly");
  });

  test("a port takes up a host when it becomes known, and reports the frames of others", () => {
    const port = { port: { switch: "s1", port: 5 } };
    const policy: PolicyDocument = { sender: port, receiver: "any", monitors: [host(3)] };
    const compiler = compiled(networkOf(LINE), [policy]);
    const others =
      "frames of hosts that are not known at s1 port 5: no mark can carry their copies for monitor h3 (reserve VLAN ids with tapVlanRange)";
    expect(planOf(compiler)).toMatchObject({
      problems: [{ blocks: "part", what: others }],
      unseen: [],
    });
    const hosts = [...(LINE.hosts ?? []), [1, 5] as const];
    compiler.rebase(environmentOf(networkOf({ ...LINE, hosts })));
    expect(planOf(compiler)).toMatchObject({ problems: [], unseen: [{ what: others }] });
  });
});

describe("the drops of strays", () => {
  test("are on every switch that direct links join to the tap point, and copies need them all", () => {
    const plan: Plan = {
      profiles: ["normal", "normal", "normal", "normal"],
      links: [
        [1, 10, 2, 11],
        [2, 13, 3, 10],
        [3, 14, 4, 10],
      ],
      hosts: [
        [1, 1],
        [2, 3],
      ],
    };
    // The last link is not direct: no copy can come to s4.
    const topology = networkOf(plan, (link) => link < 2);
    const policy = { sender: host(1), receiver: "any" as const, monitors: [host(2)] };
    const compiler = compiled(topology, [policy]);
    const drops = [...topology.switches.keys()].map((dpid) =>
      compiler.desired(dpid).filter(({ category }) => category === "guard"),
    );
    expect(drops.map((each) => each.length)).toEqual([2, 2, 2, 0]);
    const all = [...topology.switches.keys()].flatMap((dpid, index) =>
      (drops[index] ?? []).map((flow) => `${dpid} ${flowKey(flow)}`),
    );
    const [gate] = (drops[0] ?? []).filter(({ needs }) => needs !== undefined);
    expect(
      new Set([
        ...(gate?.needs ?? []),
        `${[...topology.switches.keys()][0]} ${gate && flowKey(gate)}`,
      ]),
    ).toEqual(new Set(all));
    const [s1] = [...topology.switches.keys()];
    const buckets = compiler
      .desired(s1 ?? ("" as never))
      .flatMap(({ actions }) => actions)
      .flatMap((action) => (action.type === "useGroup" ? action.group.buckets : []));
    const [copy] = buckets.filter(({ role }) => role === "copy");
    expect(copy?.needs).toContain(`${s1} ${gate && flowKey(gate)}`);
  });
});

describe("two policies for the same frames and monitor", () => {
  const cross = { sender: host(1), receiver: host(2), monitors: [host(3)] };
  const byIp = { sender: ip(1), receiver: ip(2), monitors: [host(3)] };

  test.each([
    ["over direct links", true],
    ["over links of a file", false],
  ])("%s the first one keeps its copies, as they are", (_, isDirect) => {
    const topology = networkOf(LINE, () => isDirect);
    const compiler = compiled(topology, [cross]);
    const [s1] = [...topology.switches.keys()];
    const own = compiler
      .desired(s1 ?? ("" as never))
      .filter((each) => each.category === "rewriting");
    compiler.update({ upsert: policiesOf([cross, byIp]).slice(1) });
    expect(planOf(compiler)?.problems).toEqual([]);
    expect(compiler.desired(s1 ?? ("" as never))).toEqual(expect.arrayContaining(own));
  });
});

test("a frame for a reserved address has the mark instead of it", () => {
  const topology = networkOf(LINE);
  const filters = { eth_dst: "01:80:c2:00:00:03" };
  const policy = { sender: host(1), receiver: "any" as const, monitors: [host(3)], filters };
  expect(tablesOf(compiled(topology, [policy]), topology)).toMatchInlineSnapshot(`
    {
      "s1": "
    priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
    priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=01:80:c2:00:00:03 actions=group:1
    group_id=1,type=all,bucket=actions=drop,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:0e:7a:2f:eb:f7:85->eth_src,output:10
    ",
      "s2": "
    priority=50000,in_port=11,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=output:12
    priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
    ",
      "s3": "
    priority=60000,reg0=0x3,dl_src=0e:7a:2f:eb:f7:85,dl_dst=fa:00:00:00:00:03 actions=set_field:01:80:c2:00:00:03->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:3
    priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=set_field:0x3->reg0,resubmit(,0)
    priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
    ",
    }
  `);
});

test("a secret decides which marks are used", () => {
  const topology = networkOf(LINE);
  const policy = { sender: "any" as const, receiver: host(2), monitors: [host(3)] };
  const marks = (fill: number) =>
    JSON.stringify(
      tablesOf(compiled(topology, [policy], { markKey: Buffer.alloc(32, fill) }), topology),
    ).match(/0e:79(:[0-9a-f]{2}){4}->/)?.[0];
  expect(marks(1)).toBe(marks(1));
  expect(marks(1)).not.toBe(marks(2));
});
