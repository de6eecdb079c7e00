// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { originalActions } from "../../../src/forwarding/index.ts";
import {
  type CompileEnvironment,
  type PolicyDocument,
  type PolicyId,
  TapCompiler,
} from "../../../src/policy/index.ts";
import {
  type HostConfig,
  parseIpAddress,
  type Topology,
  TopologyState,
} from "../../../src/topology/index.ts";
import { dpid, port } from "../../topology/networks.ts";
import { ofctlText } from "../ofctl-text.ts";
import { mac, policiesOf } from "../scenarios.ts";

const ADDRESSES = { 1: ["10.1.1.1"], 2: ["10.1.1.2", "fd00::2"], 3: ["10.1.1.3"], 4: ["10.1.1.4"] };

/** h1, h2 and h4 on s1, h3 on s2. */
function network(ips: Readonly<Record<number, readonly string[]>> = ADDRESSES): Topology {
  const hosts = [1, 2, 3, 4].map((n): HostConfig => {
    const known = ips[n] ?? [];
    const at = n === 3 ? 2 : 1;
    const parsed = known.flatMap((ip) => parseIpAddress(ip) ?? []);
    return { name: `h${n}`, mac: mac(n), ips: parsed, dpid: dpid(at), port: n };
  });
  const end = (at: number) => ({ dpid: dpid(at), port: 10 });
  let state = TopologyState.empty.withConfig({
    switches: [1, 2].map((n) => ({ dpid: dpid(n), name: `s${n}`, forwarding: "paths" })),
    links: [{ a: end(1), b: end(2), weight: 1 }],
    hosts,
  });
  for (const n of [1, 2]) {
    const ports = [1, 2, 3, 4, 10].map((no) => port(no));
    state = state.apply({ type: "switchConnected", dpid: dpid(n), ports });
  }
  return state.topology;
}

function environment(topology: Topology): CompileEnvironment {
  return {
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 100, last: 200 },
  };
}

const rewritten: PolicyDocument = {
  sender: { host: "h1" },
  receiver: { host: "h2" },
  monitors: [{ host: "h3" }],
  copy: { rewriteIp: true },
};

function compiled(documents: readonly PolicyDocument[], topology = network()) {
  const compiler = new TapCompiler(environment(topology));
  const policies = policiesOf(documents);
  compiler.update({ upsert: policies });
  return compiler;
}

const tables = (compiler: TapCompiler) =>
  [1, 2].map((n) => ofctlText(compiler.desired(dpid(n)))).join("\n--\n");

const problems = (compiler: TapCompiler) =>
  compiler.plan("p0" as PolicyId)?.problems.map(({ blocks, what }) => `${blocks}: ${what}`);

describe("copies with the monitor's IP address", () => {
  test("have a rule for each address of the receiver; others are rewritten by MAC address alone", () => {
    expect(tables(compiled([rewritten]))).toMatchInlineSnapshot(`
      "priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      priority=20178,ip,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,nw_dst=10.1.1.2,nw_frag=later actions=group:1
      priority=20176,ip,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,nw_dst=10.1.1.2 actions=group:2
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02 actions=group:1
      group_id=1,type=all,bucket=actions=output:2,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:0e:7a:32:fc:f4:de->eth_src,output:10
      group_id=2,type=all,bucket=actions=output:2,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:0e:7a:21:5a:a7:0a->eth_src,set_field:10.1.1.3->ip_dst,output:10
      --
      priority=60000,ip,reg0=0x3,dl_src=0e:7a:21:5a:a7:0a,dl_dst=fa:00:00:00:00:03 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:01->eth_src,set_field:10.1.1.2->ip_dst,output:3
      priority=60000,reg0=0x3,dl_src=0e:7a:32:fc:f4:de,dl_dst=fa:00:00:00:00:03 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:3
      priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop"
    `);
    expect(problems(compiled([rewritten]))).toEqual([]);
  });

  test("get the address that the policy gives, before those that are known", () => {
    const monitors = [{ host: "h3", ip: "10.1.1.3" }];
    const known = network({ ...ADDRESSES, 3: ["10.9.9.9", "10.1.1.3"] });
    const text = tables(compiled([{ ...rewritten, monitors }], known));
    expect(text).toContain("set_field:10.1.1.3->ip_dst");
    expect(text).not.toContain("set_field:10.9.9.9->ip_dst");
  });

  test("are made without it for a monitor without an address, with a problem", () => {
    const compiler = compiled([rewritten], network({ ...ADDRESSES, 3: [] }));
    expect(problems(compiler)).toMatchInlineSnapshot(`
      [
        "part: copies for monitor h3 keep their IP destination on their path: no IP address of the monitor is known (give its ip)",
      ]
    `);
    const { copy: _, ...plain } = rewritten;
    expect(tables(compiler)).toBe(tables(compiled([plain], network({ ...ADDRESSES, 3: [] }))));
  });

  test("are made without it for a monitor without an address of the requested family", () => {
    const receiver = { host: "h2", ip: "fd00::2" };
    expect(problems(compiled([{ ...rewritten, receiver }]))).toEqual([
      "part: copies for monitor h3 keep their IPv6 destination on their path: no IPv6 address of the monitor is known (give its ip)",
    ]);
  });

  test("change to the result of a full compile when an address becomes known", () => {
    const compiler = compiled([rewritten], network({ 1: ["10.1.1.1"] }));
    compiler.rebase(environment(network()));
    expect(tables(compiler)).toBe(tables(compiled([rewritten])));
    expect(problems(compiler)).toEqual([]);
  });

  test("come after all others in a group, whichever policy came first", () => {
    const here: PolicyDocument = {
      sender: { host: "h1" },
      receiver: { host: "h2" },
      monitors: [{ host: "h4" }],
    };
    for (const documents of [
      [rewritten, here],
      [here, rewritten],
    ]) {
      const lines = tables(compiled(documents)).split("\n");
      const groups = lines.filter((line) => line.includes("->ip_dst") && line.includes("bucket"));
      expect(groups).toHaveLength(1);
      expect(groups[0]).toMatch(/bucket=actions=output:2,bucket=actions=output:4,bucket=.*ip_dst/);
    }
  });

  test("are made for all policies when one policy requests it", () => {
    const { copy: _, ...plain } = rewritten;
    const both = tables(compiled([plain, rewritten]));
    expect(both).toBe(tables(compiled([rewritten])));
  });

  test("pass through their treatment", () => {
    const copy = { rewriteIp: true, sample: 0.5, rateLimit: { pps: 10 } };
    const text = tables(compiled([{ ...rewritten, copy }]));
    expect(text.split("\n").filter((line) => /ip_dst/.test(line) && /6400/.test(line))).not.toEqual(
      [],
    );
  });
});
