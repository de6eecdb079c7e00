// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from "vitest";
import { originalActions } from "../../../src/forwarding/index.ts";
import { type PolicyDocument, TapCompiler } from "../../../src/policy/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { LINE, stateOf } from "../../topology/networks.ts";
import { ofctlText } from "../ofctl-text.ts";
import { policiesOf } from "../scenarios.ts";

/** h1 and h2 on s1, h3 and h4 on s2, the switches linked by their ports 10. */
const twoSwitches = stateOf({
  profiles: ["paths", "paths"],
  links: [[1, 10, 2, 10]],
  hosts: [
    [1, 1],
    [1, 2],
    [2, 3],
    [2, 4],
  ],
}).topology;

/** The same, the hosts of s2 one switch further on. */
const threeSwitches = stateOf(LINE).topology;

function tablesOf(topology: Topology, ...documents: PolicyDocument[]): Record<string, string> {
  const compiler = new TapCompiler({
    topology,
    originalActions: (at, inPort, ethDst) => originalActions(topology, at, inPort, ethDst),
    tapVlans: { first: 3839, last: 4094 },
  });
  compiler.update({ upsert: policiesOf(documents) });
  return Object.fromEntries(
    [...topology.switches.keys()].map((at) => [
      `s${Number(at)}`,
      `\n${ofctlText(compiler.desired(at))}\n`,
    ]),
  );
}

const mac = (host: number) => ({ mac: `fa:00:00:00:00:0${host}` });

describe("the tables of", () => {
  test("a monitor on another switch", () => {
    const policy = { sender: mac(1), receiver: mac(2), monitors: [mac(3)] };
    expect(tablesOf(twoSwitches, policy)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02 actions=group:1
      group_id=1,type=all,bucket=actions=output:2,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:0e:7a:32:fc:f4:de->eth_src,output:10
      ",
        "s2": "
      priority=60000,reg0=0x3,dl_src=0e:7a:32:fc:f4:de,dl_dst=fa:00:00:00:00:03 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:3
      priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      ",
      }
    `);
  });

  test("a switch on the way to the monitor", () => {
    const policy = { sender: mac(1), receiver: mac(2), monitors: [mac(3)] };
    expect(tablesOf(threeSwitches, policy).s2).toMatchInlineSnapshot(`
      "
      priority=50000,in_port=11,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=output:12
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      "
    `);
  });

  test("three policies that overlap: everything, the web, what is urgent", () => {
    const all = { sender: mac(1), receiver: mac(3), monitors: [mac(4)] };
    const web = { ...all, monitors: [mac(2)], filters: { eth_type: "ipv4", tcp_dst: 80 } };
    const urgent = { ...all, monitors: [mac(2)], filters: { eth_type: "ipv4", ip_dscp: "ef" } };
    expect(tablesOf(twoSwitches, all, web, urgent)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      priority=20168,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,tp_dst=80 actions=group:1
      priority=20150,ip,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_tos=184 actions=group:1
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03 actions=group:2
      group_id=1,type=all,bucket=actions=output:10,bucket=actions=output:2,bucket=actions=set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:21:56:1f:a4->eth_src,output:10
      group_id=2,type=all,bucket=actions=output:10,bucket=actions=set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:21:56:1f:a4->eth_src,output:10
      ",
        "s2": "
      priority=60000,reg0=0x3,dl_src=0e:7a:21:56:1f:a4,dl_dst=fa:00:00:00:00:04 actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:4
      priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      ",
      }
    `);
  });

  test("a hole: everything but SSH", () => {
    const policy = {
      sender: mac(1),
      receiver: mac(3),
      monitors: [mac(2)],
      exclude: [{ eth_type: "ipv4", tcp_dst: 22 }],
    };
    expect(tablesOf(twoSwitches, policy).s1).toMatchInlineSnapshot(`
      "
      priority=20216,ip,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_src=0.0.0.0,nw_dst=0.0.0.0,nw_proto=0 actions=output:10
      priority=20168,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,tp_dst=22 actions=output:10
      priority=20153,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_frag=yes actions=output:10
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03 actions=group:1
      group_id=1,type=all,bucket=actions=output:10,bucket=actions=output:2
      "
    `);
  });

  test("everything that enters and leaves a port, for a monitor on another switch", () => {
    const policy: PolicyDocument = {
      sender: { port: { switch: "s1", port: 1 } },
      receiver: "any",
      monitors: [mac(4)],
      direction: "both",
    };
    expect(tablesOf(threeSwitches, policy)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      priority=45000,dl_vlan=4048 actions=drop
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:01 actions=group:1
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:02 actions=group:2
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:03 actions=group:3
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:04 actions=output:10
      priority=20128,in_port=10,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:01 actions=output:1
      priority=20128,in_port=10,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:02 actions=output:2
      priority=20128,in_port=10,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:03 actions=output:10
      priority=20128,in_port=10,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:04 actions=output:10
      priority=20124,in_port=1,dl_src=fa:00:00:00:00:04,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=group:4
      priority=20124,in_port=10,dl_src=fa:00:00:00:00:04,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop
      priority=20096,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:01 actions=output:1
      priority=20096,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:02 actions=output:2
      priority=20096,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:03 actions=output:10
      priority=20096,dl_src=fa:00:00:00:00:04,dl_dst=fa:00:00:00:00:04 actions=output:10
      priority=20092,dl_src=fa:00:00:00:00:04,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop
      priority=20080,in_port=1,dl_dst=fa:00:00:00:00:01 actions=group:5
      priority=20080,in_port=1,dl_dst=fa:00:00:00:00:02 actions=group:6
      priority=20080,in_port=1,dl_dst=fa:00:00:00:00:03 actions=group:7
      priority=20080,in_port=1,dl_dst=fa:00:00:00:00:04 actions=output:10
      priority=20080,in_port=1,dl_src=fa:00:00:00:00:04 actions=group:10
      priority=20080,in_port=10,dl_dst=fa:00:00:00:00:01 actions=group:8
      priority=20080,in_port=10,dl_dst=fa:00:00:00:00:02 actions=output:2
      priority=20080,in_port=10,dl_dst=fa:00:00:00:00:03 actions=output:10
      priority=20080,in_port=10,dl_dst=fa:00:00:00:00:04 actions=output:10
      priority=20080,in_port=10,dl_src=fa:00:00:00:00:04 actions=group:9
      priority=20076,in_port=1,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=group:4
      priority=20076,in_port=10,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop
      priority=20048,dl_dst=fa:00:00:00:00:01 actions=group:5
      priority=20048,dl_dst=fa:00:00:00:00:02 actions=output:2
      priority=20048,dl_dst=fa:00:00:00:00:03 actions=output:10
      priority=20048,dl_dst=fa:00:00:00:00:04 actions=output:10
      priority=20048,dl_src=fa:00:00:00:00:04 actions=group:9
      priority=20044,dl_dst=01:80:c2:00:00:00/ff:ff:ff:ff:ff:f0 actions=drop
      priority=20032,in_port=10 actions=group:11
      priority=20000 actions=group:10
      group_id=1,type=all,bucket=actions=output:1,bucket=actions=set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:51:d9:67:e3->eth_src,output:10
      group_id=2,type=all,bucket=actions=output:2,bucket=actions=set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:07:82:2d:5e->eth_src,output:10
      group_id=3,type=all,bucket=actions=output:10,bucket=actions=set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:b3:48:52:58->eth_src,output:10
      group_id=4,type=all,bucket=actions=drop,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,load:0xe7b4c4c446->NXM_OF_ETH_DST[4..47],output:10
      group_id=5,type=all,bucket=actions=output:1,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,output:10
      group_id=6,type=all,bucket=actions=output:2,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,output:10
      group_id=7,type=all,bucket=actions=output:10,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,output:10
      group_id=8,type=all,bucket=actions=output:1,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,IN_PORT
      group_id=9,type=all,bucket=actions=output:1,bucket=actions=output:2,bucket=actions=output:10
      group_id=10,type=all,bucket=actions=group:9,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,output:10
      group_id=11,type=all,bucket=actions=group:9,bucket=actions=push_vlan:0x88a8,set_field:8144->vlan_vid,IN_PORT
      ",
        "s2": "
      priority=50000,in_port=11,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=output:12
      priority=50000,in_port=11,dl_vlan=4048 actions=output:12
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      priority=45000,dl_vlan=4048 actions=drop
      ",
        "s3": "
      priority=60001,in_port=10,dl_vlan=4048,dl_dst=0e:7b:4c:4c:44:60/ff:ff:ff:ff:ff:f0 actions=pop_vlan,load:0x180c200000->NXM_OF_ETH_DST[4..47],output:4
      priority=60000,in_port=10,dl_vlan=4048 actions=pop_vlan,output:4
      priority=60000,reg0=0x3,dl_src=0e:7a:07:82:2d:5e,dl_dst=fa:00:00:00:00:04 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:04->eth_src,output:4
      priority=60000,reg0=0x3,dl_src=0e:7a:51:d9:67:e3,dl_dst=fa:00:00:00:00:04 actions=set_field:fa:00:00:00:00:01->eth_dst,set_field:fa:00:00:00:00:04->eth_src,output:4
      priority=60000,reg0=0x3,dl_src=0e:7a:b3:48:52:58,dl_dst=fa:00:00:00:00:04 actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:fa:00:00:00:00:04->eth_src,output:4
      priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      ",
      }
    `);
  });

  test("copies kept off a busy link: they go round it, the original does not", () => {
    const triangle = stateOf({
      profiles: ["paths", "paths", "paths"],
      links: [
        [1, 12, 2, 11],
        [2, 13, 3, 12],
        [1, 13, 3, 11, 1, 10],
      ],
      hosts: [
        [1, 1],
        [3, 3],
        [3, 4],
      ],
    }).topology;
    const policy = { sender: mac(1), receiver: mac(2), monitors: [mac(3)] };
    expect(tablesOf(triangle, policy)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02 actions=group:1
      group_id=1,type=all,bucket=actions=output:13,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:0e:7a:32:fc:f4:de->eth_src,output:12
      ",
        "s2": "
      priority=50000,in_port=11,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=output:13
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      ",
        "s3": "
      priority=60000,reg0=0x3,dl_src=0e:7a:32:fc:f4:de,dl_dst=fa:00:00:00:00:03 actions=set_field:fa:00:00:00:00:02->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:4
      priority=50000,reg0=0,in_port=12,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      ",
      }
    `);
  });

  test("the tables of a policy whose copies are treated", () => {
    const policy: PolicyDocument = {
      sender: mac(1),
      receiver: mac(3),
      monitors: [{ balance: [mac(2), mac(4)] }],
      copy: { truncate: 128, sample: 0.25, rateLimit: { kbps: 10_000 } },
    };
    expect(tablesOf(twoSwitches, policy)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=64003,ip,metadata=0x8000000000000000/0xf000000000000000,nw_frag=yes actions=multipath(symmetric_l3,1,modulo_n,65536,0,NXM_NX_REG1[0..15]),multipath(symmetric_l3,2,modulo_n,4096,0,NXM_NX_REG2[0..11]),load:0x9->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64003,ipv6,metadata=0x8000000000000000/0xf000000000000000,nw_frag=yes actions=multipath(symmetric_l3,1,modulo_n,65536,0,NXM_NX_REG1[0..15]),multipath(symmetric_l3,2,modulo_n,4096,0,NXM_NX_REG2[0..11]),load:0x9->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64002,ip,metadata=0x8000000000000000/0xf000000000000000 actions=multipath(symmetric_l3l4+udp,1,modulo_n,65536,0,NXM_NX_REG1[0..15]),multipath(symmetric_l3l4+udp,2,modulo_n,4096,0,NXM_NX_REG2[0..11]),load:0x9->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64002,ipv6,metadata=0x8000000000000000/0xf000000000000000 actions=multipath(symmetric_l3l4+udp,1,modulo_n,65536,0,NXM_NX_REG1[0..15]),multipath(symmetric_l3l4+udp,2,modulo_n,4096,0,NXM_NX_REG2[0..11]),load:0x9->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64001,metadata=0x8000000000000000/0xf000000000000000 actions=multipath(symmetric_l4,1,modulo_n,65536,0,NXM_NX_REG1[0..15]),multipath(symmetric_l4,2,modulo_n,4096,0,NXM_NX_REG2[0..11]),load:0x9->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64001,metadata=0x9000000000000000/0xfffff00000000000 actions=load:0xa->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64001,metadata=0xa000000000000000/0xf0000ffff0000000 actions=load:0xb->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64001,metadata=0xb00000000862584d/0xf00000000fffffff actions=clone(output(port=0,max_len=14),load:0xc->OXM_OF_METADATA[60..63],resubmit(,0))
      priority=64001,metadata=0xb000000009921430/0xf00000000fffffff actions=clone(output(port=0,max_len=14),load:0xc->OXM_OF_METADATA[60..63],resubmit(,0))
      priority=64001,metadata=0xc00000000862584d/0xf00000000fffffff actions=load:0->OXM_OF_IN_PORT[],clone(output(port=2,max_len=128)),output(port=0,max_len=14)
      priority=64001,metadata=0xc000000009921430/0xf00000000fffffff actions=load:0->OXM_OF_IN_PORT[],set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:b6:7f:af:17->eth_src,output:10
      priority=64001,reg1=0/0xc000,metadata=0x9400000000000000/0xfffff00000000000 actions=load:0xa->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64001,reg2=0/0x800,metadata=0xa000083620000000/0xf0000ffff0000000 actions=load:0xb->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64001,reg2=0x800/0x800,metadata=0xa00002fdd0000000/0xf0000ffff0000000 actions=load:0xb->OXM_OF_METADATA[60..63],resubmit(,0)
      priority=64000,metadata=0x8000000000000000/0x8000000000000000 actions=drop
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      priority=20128,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03 actions=group:1
      group_id=1,type=all,bucket=actions=output:10,bucket=actions=set_field:0x840008362862584d->metadata,resubmit(,0),bucket=actions=set_field:0x840002fdd9921430->metadata,resubmit(,0)
      ",
        "s2": "
      priority=60000,reg0=0x3,dl_src=0e:7a:b6:7f:af:17,dl_dst=fa:00:00:00:00:04 actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:fa:00:00:00:00:01->eth_src,clone(output(port=4,max_len=128)),output(port=0,max_len=14)
      priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      ",
      }
    `);
  });

  test("any of two senders, one receiver, and any of two filters", () => {
    const policy: PolicyDocument = {
      sender: [mac(1), { ip: "10.0.0.0/24" }],
      receiver: mac(3),
      monitors: [mac(4)],
      filters: [
        { ip_proto: "icmp", eth_type: "ipv4" },
        { tcp_dst: 80, eth_type: "ipv4" },
      ],
      exclude: [{ ip_dscp: "ef" }],
    };
    expect(tablesOf(twoSwitches, policy)).toMatchInlineSnapshot(`
      {
        "s1": "
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      priority=20192,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24,tp_dst=80 actions=output:10
      priority=20176,icmp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24 actions=output:10
      priority=20174,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_tos=184,tp_dst=80 actions=output:10
      priority=20168,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,tp_dst=80 actions=group:1
      priority=20158,icmp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03,nw_tos=184 actions=output:10
      priority=20152,icmp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:03 actions=group:1
      group_id=1,type=all,bucket=actions=output:10,bucket=actions=set_field:fa:00:00:00:00:04->eth_dst,set_field:0e:7a:21:56:1f:a4->eth_src,output:10
      ",
        "s2": "
      priority=60000,reg0=0x3,dl_src=0e:7a:21:56:1f:a4,dl_dst=fa:00:00:00:00:04 actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:fa:00:00:00:00:01->eth_src,output:4
      priority=50000,reg0=0,in_port=10,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=set_field:0x3->reg0,resubmit(,0)
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:04 actions=drop
      priority=20144,tcp,in_port=4,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24,tp_dst=80 actions=output:3
      priority=20128,icmp,in_port=4,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24 actions=output:3
      priority=20118,tcp,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24,nw_tos=184,tp_dst=80 actions=output:3
      priority=20112,tcp,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24,tp_dst=80 actions=group:1
      priority=20102,icmp,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24,nw_tos=184 actions=output:3
      priority=20096,icmp,dl_dst=fa:00:00:00:00:03,nw_src=10.0.0.0/24 actions=group:1
      group_id=1,type=all,bucket=actions=output:3,bucket=actions=output:4
      ",
      }
    `);
  });

  test("a port of TCP or UDP on either side, TCP flags, a time to live", () => {
    const policy = { sender: mac(1), receiver: mac(2), monitors: [mac(3)] };
    const filters = [
      { port: "domain", eth_type: "ipv6" },
      { tcp_flags: "+syn-ack", ip_ttl: 1 },
    ];
    expect(tablesOf(twoSwitches, { ...policy, filters }).s1).toMatchInlineSnapshot(`
      "
      priority=45000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00,dl_dst=fa:00:00:00:00:03 actions=drop
      priority=20168,tcp6,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,tp_dst=53 actions=group:1
      priority=20168,tcp6,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,tp_src=53 actions=group:1
      priority=20168,udp6,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,tp_dst=53 actions=group:1
      priority=20168,udp6,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,tp_src=53 actions=group:1
      priority=20162,tcp,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,nw_ttl=1,tcp_flags=+syn-ack actions=group:1
      priority=20162,tcp6,in_port=1,dl_src=fa:00:00:00:00:01,dl_dst=fa:00:00:00:00:02,nw_ttl=1,tcp_flags=+syn-ack actions=group:1
      group_id=1,type=all,bucket=actions=output:2,bucket=actions=set_field:fa:00:00:00:00:03->eth_dst,set_field:0e:7a:32:fc:f4:de->eth_src,output:10
      "
    `);
  });

  test("policies without effect: none", () => {
    const policy = { sender: mac(1), receiver: mac(2), monitors: [mac(9)] };
    expect(tablesOf(twoSwitches, policy)).toEqual({ s1: "\n\n", s2: "\n\n" });
  });
});
