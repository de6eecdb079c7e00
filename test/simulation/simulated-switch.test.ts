// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import type { ActionSpec, FlowSpec } from "../../src/flow-model/index.ts";
import { match, output, Port, parseActions, parseMatch } from "../../src/openflow/index.ts";
import { buildFrame, frameFields } from "../../src/packet/index.ts";
import { SimulatedSwitch } from "../../src/simulation/simulated-switch.ts";
import type { PortNo } from "../../src/topology/index.ts";

const frame = buildFrame({ ethSrc: 1, ethDst: 2, tcpDst: 80 });
const inPort = 1 as PortNo;

/** A rule in `ovs-ofctl` syntax. */
function rule(priority: number, matching: string, actions: string, table = 0): FlowSpec {
  return {
    table,
    priority,
    match: parseMatch(matching),
    category: "forwarding",
    actions: actions === "" ? [] : parseActions(actions),
  };
}

function receive(flows: readonly FlowSpec[], hash = 0) {
  const simulated = new SimulatedSwitch(flows, {
    bridge: () => [1, 2, 3].map((port) => port as PortNo),
    hash: () => hash,
  });
  return simulated.receive({ inPort, bytes: frame, role: "original", mayDrop: false });
}

/** The outputs as short text. */
function sent(flows: readonly FlowSpec[], hash = 0): (string | number)[] {
  return receive(flows, hash).sent.map((each) => {
    if (each.to === "port") return each.port;
    return each.to === "table" ? `table ${each.table}` : each.to;
  });
}

const bucket = (actions: string, role: "original" | "copy" = "copy") => ({
  role,
  actions: parseActions(actions),
});
const all = (...buckets: ReturnType<typeof bucket>[]): FlowSpec => ({
  ...rule(1, "", ""),
  actions: [{ type: "useGroup", group: { buckets } }] satisfies ActionSpec[],
});

test("the matching rule of the highest priority is executed", () => {
  const flows = [
    rule(1, "", "output:2"),
    rule(3, "tcp,tp_dst=443", "output:4"),
    rule(2, "tcp,tp_dst=80/0xfff0", "output:3"),
  ];
  expect(sent(flows)).toEqual([3]);
  expect(receive(flows).fired).toMatchObject([{ table: 0, flow: { priority: 2 } }]);
});

test("a frame without a rule is dropped", () => {
  expect(receive([rule(1, "arp", "output:2")])).toMatchObject({
    fired: [{ flow: undefined }],
    sent: [],
  });
});

test("two rules of one priority must have equal actions", () => {
  const flows = [rule(1, "tcp", "output:2"), rule(1, "in_port=1", "output:3")];
  expect(() => receive(flows)).toThrow("ambiguous");
});

test("an output to the ingress port requires IN_PORT", () => {
  expect(sent([rule(1, "", "output:1,output:2,IN_PORT")])).toEqual([2, 1]);
  expect(sent([rule(1, "", "NORMAL")])).toEqual([2, 3]);
});

test("every bucket has its own frame", () => {
  const flow = all(
    bucket("output:2", "original"),
    bucket("set_field:00:00:00:00:00:07->eth_dst,output:3"),
    bucket("output:4"),
  );
  const outcome = receive([{ ...flow, actions: [...flow.actions, output(5)] }]);
  expect(
    outcome.sent.map((each) => [
      each.to === "port" && each.port,
      frameFields(each.bytes)?.ethDst,
      each.role,
    ]),
  ).toEqual([
    [2, 2, "original"],
    [3, 7, "copy"],
    [4, 2, "copy"],
    [5, 2, "original"],
  ]);
});

test("a bucket is an action set: order is irrelevant, and only the last output counts", () => {
  const flow = all(bucket("output:2,output:3,set_field:00:00:00:00:00:07->eth_dst"));
  const outcome = receive([flow]);
  expect(outcome.sent).toMatchObject([{ port: 3 }]);
  expect(outcome.sent.map(({ bytes }) => frameFields(bytes)?.ethDst)).toEqual([7]);
});

test("a bucket without an output in its action set drops", () => {
  expect(sent([all(bucket("output(port=2,max_len=64)"))])).toEqual([]);
});

test("fields that a bucket sets are seen after its resubmit, and nowhere else", () => {
  const flows = [
    { ...all(bucket("set_field:5->metadata,resubmit(,0)"), bucket("resubmit(,0)")), priority: 1 },
    rule(9, "metadata=5", "output(port=7,max_len=20)"),
  ];
  // The second bucket resubmits to its own rule.
  expect(() => receive(flows)).toThrow("never ends");
  const fine = [
    all(bucket("set_field:5->metadata,resubmit(,0)"), bucket("output:3")),
    ...flows.slice(1),
  ];
  const outcome = receive(fine);
  expect(outcome.sent).toMatchObject([
    { port: 7, bytes: frame.subarray(0, 20), role: "copy" },
    { port: 3, bytes: frame },
  ]);
  expect(outcome.fired.map(({ resubmitted }) => resubmitted)).toEqual([false, true]);
});

test.each([
  ["cut, and its tag removed then", "output(port=2,max_len=30)", 26],
  [
    "a real clone has no tag any more",
    "clone(output(port=2,max_len=30)),output(port=0,max_len=14)",
    30,
  ],
  ["the last action makes no clone", "clone(output(port=2,max_len=30))", 26],
  ["nothing shorter than its header leaves", "output(port=2,max_len=14)", undefined],
])("a frame is cut before its headers are changed: %s", (_, last, length) => {
  const { sent } = receive([rule(1, "", `push_vlan:0x88a8,output:7,pop_vlan,${last}`)]);
  const cut = sent.find((each) => each.to === "port" && each.port === 2);
  expect(cut?.bytes.length).toBe(length);
});

test("registers overlay each other, and a punted frame is also forwarded", () => {
  const flows = [
    rule(2, "reg0=0", "controller:128,load:1->NXM_NX_REG0[],resubmit(,0)"),
    rule(1, "xreg0=0x100000000", "output:2"),
  ];
  expect(sent(flows)).toEqual(["controller", 2]);
});

test("a hash selects by a register", () => {
  const flows = [
    rule(1, "reg1=0", "multipath(symmetric_l4,0,modulo_n,2,0,NXM_NX_REG2[0..15]),resubmit(,5)"),
    rule(1, "reg2=0", "output:2", 5),
    rule(1, "reg2=1", "output:3", 5),
  ];
  expect(sent(flows, 0)).toEqual([2]);
  expect(sent(flows, 1)).toEqual([3]);
});

test("a table without entries is that of another application", () => {
  expect(sent([rule(1, "", "resubmit(,7)")])).toEqual(["table 7"]);
});

test("actions that OpenVTAP does not use throw", () => {
  expect(() => receive([rule(1, "", "FLOOD")])).toThrow("not simulated");
  expect(() => receive([rule(1, "", "dec_ttl")])).toThrow("not simulated");
});

test("an output to LOCAL is an output to a port", () => {
  const flow = { ...rule(1, "", ""), match: match({}), actions: [output(Port.Local)] };
  expect(sent([flow])).toEqual([Port.Local]);
});
