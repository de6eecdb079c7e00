// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { switchChannelOf } from "../../src/controller/switches/switch-channel-of.ts";
import { type FlowSpec, flowKey } from "../../src/flow-model/index.ts";
import { match, output, Port, popVlan, pushVlan, setField } from "../../src/openflow/index.ts";
import type { Session } from "../../src/openflow-session/index.ts";
import { Reconciler } from "../../src/reconcile/index.ts";
import { OvsLab, waitFor } from "../lab/index.ts";
import { listen, SessionLog } from "../openflow-session/session-log.ts";
import {
  copy,
  dpidOf,
  forwarding,
  metered,
  original,
  punting,
  recovery,
  refTo,
  rewriting,
} from "./specs.ts";

let lab: OvsLab;
let log: SessionLog;
let controller: Awaited<ReturnType<typeof listen>>;
let reconciler: Reconciler;

const S = dpidOf(1);

beforeAll(async () => {
  lab = await OvsLab.start();
  await lab.addSwitch({ name: "s1", hosts: [{ name: "h1", port: 1 }] });
});
afterAll(async () => {
  await controller?.listener.close("done");
  await lab?.stop();
});

/** A controller as after a start: only the desired entries are known. */
async function start(specs: readonly FlowSpec[], auditIntervalMs = 0): Promise<Session> {
  await controller?.listener.close("restart");
  log = new SessionLog();
  const events = { changed: () => undefined };
  reconciler = new Reconciler({ logger: log.logger, events, auditIntervalMs });
  reconciler.edit(S, { set: specs });
  reconciler.allowSweep();
  controller = await listen(log);
  await lab.setController("s1", `tcp:127.0.0.1:${controller.port}`);
  const session = await log.session();
  reconciler.connect(S, switchChannelOf(session));
  await reconciler.settled();
  return session;
}

const flood = { type: "useGroup" as const, group: { buckets: [original(1), original(2)] } };

/** One entry for each form that a switch might list differently from what was sent. */
function everyForm(): FlowSpec[] {
  const specs = [
    { match: match({}), actions: [flood] },
    { match: match({ inPort: 1, ethSrc: 5, ethDst: 6 }), actions: [output(Port.InPort)] },
    { match: match({ vlanVid: { value: 0x1000, mask: 0x1000 } }), actions: [output(Port.Normal)] },
    { match: match({ vlanVid: 0 }), actions: [] },
    { match: match({ vlanVid: 0x1064, vlanPcp: 3 }), actions: [popVlan(), output(2)] },
    {
      match: match({ ethType: 0x0800, ipProto: 6, tcpDst: 80, ipv4Src: "10.0.0.0/8" }),
      actions: [output(2)],
    },
    {
      match: match({ ethType: 0x0800, ipProto: 17, udpDst: { value: 0x10, mask: 0xfff0 } }),
      actions: [output(2)],
    },
    {
      match: match({ ethType: 0x86dd, ipv6Dst: "fd00::/16", ipProto: 58, icmpv6Type: 128 }),
      actions: [output(2)],
    },
    { match: match({ ethType: 0x0806, arpOp: 1, arpTpa: "10.0.0.1" }), actions: [output(2)] },
    { match: match({ ethType: 0x0800, ipDscp: 46, ipEcn: 1 }), actions: [output(2)] },
    { match: match({ ethSrc: { value: 0x0e7a_0000_0000, mask: 0xffff_0000_0000 } }), actions: [] },
    {
      match: match({ ethDst: 9 }),
      actions: [
        pushVlan(0x8100),
        setField("vlanVid", 0x1064),
        output(3),
        output(Port.Controller, 128),
      ],
    },
    {
      match: match({ ethDst: 10 }),
      actions: [
        {
          type: "useGroup" as const,
          group: { buckets: [{ role: "original" as const, actions: [flood] }, copy(1)] },
        },
      ],
    },
  ];
  return specs.map((spec, n) => ({
    table: 0,
    priority: 20_000 + n,
    category: "rewriting",
    ...spec,
  }));
}

test("entries are read back as they were sent: a restart sends nothing", async () => {
  const specs = everyForm();
  await start(specs);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0, modsSent: 13 + 2 });
  const before = await lab.dumpFlows("s1");
  expect(before).toHaveLength(13);
  await start(structuredClone(specs));
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0, modsSent: 0 });
  expect(await lab.dumpFlows("s1")).toEqual(before);
});

test("a restarted controller deletes an entry that Open vSwitch lists in an order it refuses", async () => {
  const fields = match({ ethType: 0x0800, ipProto: 17, udpDst: 7, ipFrag: 3 });
  const spec = { ...forwarding(1), match: fields };
  await start([spec]);
  const entries = () => lab.appctl("bridge/dump-flows", "s1");
  expect(await entries()).toContain("nw_frag=later,tp_dst=7");
  await start([]);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0, modsSent: 1 });
  expect(await entries()).not.toContain("nw_frag");
});

test("change and revert restores the tables; foreign entries survive", async () => {
  await lab.ofctl("add-flow", "s1", "table=0,priority=5,in_port=7,actions=drop");
  await lab.ofctl("add-group", "s1", "group_id=9,type=all,bucket=output:1");
  await start([forwarding(1), rewriting(1, [original(), copy(1)])]);
  const tables = async () => [...(await lab.dumpFlows("s1")), ...(await lab.dumpGroups("s1"))];
  const before = await tables();
  expect(before.join("\n")).toContain("in_port=7 actions=drop");
  expect(before.join("\n")).toContain("group_id=9,");
  reconciler.edit(S, {
    set: [rewriting(1, [original(), copy(1), copy(2)]), recovery(4), forwarding(1, 4)],
  });
  await reconciler.settled();
  expect(await tables()).not.toEqual(before);
  reconciler.edit(S, {
    set: [forwarding(1), rewriting(1, [original(), copy(1)])],
    delete: [flowKey(recovery(4))],
  });
  await reconciler.settled();
  expect(await tables()).toEqual(before);
});

test("an entry that the switch refuses does not block the other ones", async () => {
  await start([]);
  const bad = rewriting(2, [original(), copy(2, [], 0xfffffff0)]);
  const worse = { ...forwarding(3), actions: [output(0xfffffff1)] };
  reconciler.edit(S, { set: [bad, worse, forwarding(4), rewriting(5, [original(), copy(5)])] });
  await reconciler.settled();
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 2 });
  expect(reconciler.state(refTo(S, bad))).toEqual({
    refused: expect.stringContaining("BAD_OUT_PORT"),
  });
  expect(reconciler.state(refTo(S, forwarding(4)))).toBe("confirmed");
});

test("a switch that returns empty gets everything again", async () => {
  const session = await start([forwarding(1), rewriting(1, [original(), copy(1)])]);
  const before = await lab.dumpFlows("s1");
  await lab.restartSwitch("s1");
  await waitFor(() => !session.isOpen, { what: "the end of the old session" });
  const next = await log.session();
  reconciler.connect(S, switchChannelOf(next));
  await reconciler.settled();
  const ours = (await lab.dumpFlows("s1")).filter((flow) => !flow.includes("in_port=7"));
  expect(ours).toEqual(before.filter((flow) => !flow.includes("in_port=7")));
});

test("removed entries are repaired on resync", async () => {
  await start([forwarding(1), rewriting(1, [original(), copy(1)])]);
  const before = await lab.dumpFlows("s1");
  await lab.ofctl("del-groups", "s1");
  expect(await lab.dumpFlows("s1")).not.toEqual(before);
  reconciler.resync(S);
  await reconciler.settled();
  expect(await lab.dumpFlows("s1")).toEqual(before);
});

test("deleted flow entries are repaired although the switch does not report them", async () => {
  await start([forwarding(1), rewriting(1, [original(), copy(1)])], 200);
  const before = await lab.dumpFlows("s1");
  await lab.ofctl("del-flows", "s1");
  reconciler.edit(S, { set: [forwarding(1, 2)] });
  await reconciler.settled();
  reconciler.edit(S, { set: [forwarding(1)] });
  await waitFor(async () => (await lab.dumpFlows("s1")).length === 2, { what: "an audit" });
  expect(await lab.dumpFlows("s1")).toEqual(before.filter((flow) => !flow.includes("in_port=7")));
  await reconciler.close();
});

test("an entry that another application put in the place of an own one is not deleted", async () => {
  await start([forwarding(1)]);
  const theirs = "table=0,priority=10000,dl_dst=fa:00:00:00:00:01";
  await lab.ofctl("add-flow", "s1", `cookie=0x99,${theirs},actions=output:5`);
  reconciler.edit(S, { delete: [flowKey(forwarding(1))] });
  await reconciler.settled();
  expect((await lab.dumpFlows("s1")).join()).toContain("output:5");
  await lab.ofctl("--strict", "del-flows", "s1", theirs);
});

test("meters are read back as sent; a change, a rate for each owner, none left", async () => {
  const kbps = { unit: "kbps" as const, rate: 1000, owner: "a" };
  const specs = [
    metered(1, kbps),
    metered(2, { ...kbps, owner: "b" }),
    metered(3, kbps, 2),
    metered(4, { unit: "kbps", rate: 4_294_967_295, burst: 8000 }),
    punting(5, { unit: "pktps", rate: 100, burst: 1 }),
    { ...punting(6, { unit: "pktps", rate: 100 }), meter: kbps },
  ];
  await start(specs);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0, modsSent: 6 + 5 });
  const tables = async () => [...(await lab.dumpFlows("s1")), await lab.ofctl("dump-meters", "s1")];
  const before = await tables();
  expect(before.join("\n").match(/meter=\d+ (kbps|pktps)/g)).toHaveLength(5);
  await start(structuredClone(specs));
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0, modsSent: 0 });
  expect(await tables()).toEqual(before);
  reconciler.edit(S, { set: [metered(1, { ...kbps, rate: 2000 })] });
  await reconciler.settled();
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0, modsSent: 2 });
  await start([]);
  expect((await tables()).join("\n")).not.toMatch(/meter=\d/);
});

test("deleting a meter deletes its entries: the next change restores both", async () => {
  const tap = metered(1, { unit: "pktps", rate: 10 });
  await start([tap]);
  await lab.ofctl("del-meters", "s1");
  expect((await lab.dumpFlows("s1")).join()).not.toContain("meter:");
  // An error that shows drift: the entry names a meter that is missing.
  const other = metered(2, { unit: "pktps", rate: 10 });
  reconciler.edit(S, { set: [other] });
  await reconciler.settled();
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 0 });
  expect((await lab.dumpFlows("s1")).join().match(/meter:/g)).toHaveLength(2);
});

test("frames beyond a meter's rate are dropped, per owner", async () => {
  await lab.addHost("h2", "s1", 2);
  await lab.addHost("h3", "s1", 3);
  const limit = { unit: "pktps" as const, rate: 5, burst: 5 };
  await start([metered(1, { ...limit, owner: "a" }, 2), metered(2, { ...limit, owner: "b" }, 3)]);
  const frame = (n: number) => `fa000000000${n}fa00000000aa0800${"00".repeat(46)}`;
  await lab.inject(
    "h1",
    Array.from({ length: 40 }, (_, n) => frame(1 + (n % 2))),
  );
  const [to2, to3] = [lab.frames("h2").length, lab.frames("h3").length];
  expect([to2, to3].every((count) => count >= 5 && count < 20)).toBe(true);
});

test("a foreign entry in the place of an own one is left, reported, and made room for", async () => {
  const theirs = "table=0,priority=10000,dl_dst=fa:00:00:00:00:01";
  await lab.ofctl("add-flow", "s1", `cookie=0x99,${theirs},actions=output:5`);
  await start([forwarding(1), forwarding(2)]);
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 1 });
  expect(reconciler.state(refTo(S, forwarding(1)))).toEqual({
    refused: expect.stringMatching(/cookie=0x99, table=0,priority=10000,.*fa:00:00:00:00:01/),
  });
  await lab.ofctl("--strict", "del-flows", "s1", theirs);
  await reconciler.resync(S);
  expect(reconciler.state(refTo(S, forwarding(1)))).toBe("confirmed");
  // In the place of an own entry, it is not changed either.
  await lab.ofctl("add-flow", "s1", `cookie=0x99,${theirs},actions=output:5`);
  reconciler.edit(S, { set: [forwarding(1, 3)] });
  await reconciler.settled();
  await reconciler.resync(S);
  expect((await lab.dumpFlows("s1")).join()).toContain("output:5");
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, refused: 1 });
  await lab.ofctl("--strict", "del-flows", "s1", theirs);
});

test("the bridge's default NORMAL entry is replaced; other entries that match everything are not", async () => {
  await start([]);
  const miss = { ...forwarding(1), priority: 0, match: match({}), actions: [output(Port.Normal)] };
  await lab.ofctl("add-flow", "s1", "priority=0,actions=NORMAL");
  await start([miss]);
  expect(reconciler.state(refTo(S, miss))).toBe("confirmed");
  await start([]);
  await lab.ofctl("add-flow", "s1", "priority=0,actions=drop");
  await start([miss]);
  expect(reconciler.state(refTo(S, miss))).toEqual({
    refused: expect.stringContaining("priority=0"),
  });
  await lab.ofctl("--strict", "del-flows", "s1", "priority=0");
});

test("thousands of entries in one bundle, and one more among them", async () => {
  await start([]);
  const specs = Array.from({ length: 2000 }, (_, n) => rewriting(n, [original(), copy(n)]));
  reconciler.edit(S, { set: specs });
  await reconciler.settled();
  const { modsSent = 0 } = reconciler.progress(S) ?? {};
  expect(reconciler.progress(S)).toMatchObject({ pending: 0 });
  reconciler.edit(S, { set: [rewriting(3000, [original(), copy(3000)])] });
  await reconciler.settled();
  expect(reconciler.progress(S)).toMatchObject({ pending: 0, modsSent: modsSent + 2 });
  expect((await lab.dumpGroups("s1")).length).toBe(2001);
});
