// SPDX-License-Identifier: Apache-2.0
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { formatMac } from "../../../src/openflow/index.ts";
import { parsePolicy } from "../../../src/policy/index.ts";
import {
  type Dpid,
  type HostLimits,
  type PortNo,
  PROBE_SOURCE,
} from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/wait-for.ts";
import { A, Bench, CONFIG, port, S1, S2, START } from "./learning-bench.ts";

const PROBE_MAC = formatMac(PROBE_SOURCE);

test("a host is learned from a frame of an edge port, not of a link or an unmanaged switch", () => {
  const bench = new Bench();
  bench.connect(S1, port(1));
  bench.says(S1, 10);
  bench.says("00000000000000ff" as Dpid, 1);
  bench.says(S1, 1);
  bench.clock.advance(30);
  expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
});

test("a burst is reported once, its first host immediately", () => {
  const bench = new Bench();
  bench.connect(S1, port(1));
  const before = bench.changes;
  for (let n = 1; n <= 50; n++) {
    bench.says(S1, 1, formatMac(0xfa0000000000 + n));
    if (n === 1) bench.clock.advance(1);
  }
  expect(bench.hosts()).toHaveLength(1);
  bench.clock.advance(30);
  expect(bench.hosts()).toHaveLength(50);
  expect(bench.changes - before).toBe(2);
});

test("learned hosts are restored after a restart, and a full disk only causes a warning", async () => {
  const first = new Bench();
  first.connect(S1, port(1));
  first.disk.failing = true;
  first.says(S1, 1);
  first.clock.advance(2000);
  await nextTurn();
  expect(first.warnings).toEqual(["learned hosts cannot be stored"]);
  expect(first.hosts()).toEqual([`${A} s1/1 learned`]);
  first.disk.failing = false;
  first.says(S1, 1, "fa:00:00:00:00:02");
  first.clock.advance(2000);
  await nextTurn();
  expect([...first.disk.hosts.values()]).toMatchObject([
    { mac: 0xfa0000000001, dpid: S1, port: 1, ips: [{ family: 4 }], lastSeen: START },
    { mac: 0xfa0000000002, lastSeen: START + 2000 },
  ]);
  await first.learning.close();

  const second = new Bench(first.disk);
  await second.learning.restore();
  expect(second.hosts()).toHaveLength(2);
  second.connect(S1, port(1));
  second.connect(S2, port(1));
  second.says(S2, 1);
  second.clock.advance(30);
  expect(second.hosts()).toEqual([`${A} s2/1 learned`, "fa:00:00:00:00:02 s1/1 learned"]);
});

test("ports that hosts have left are restored, and end when their switch reports them down", async () => {
  const first = new Bench();
  first.connect(S1, port(1), port(2));
  first.says(S1, 1);
  first.says(S1, 2);
  first.clock.advance(2000);
  await first.learning.close();

  const second = new Bench(first.disk);
  const formerly = () => {
    const places = second.network.topology.hostByMac(0xfa0000000001)?.formerly ?? [];
    return places.map(({ dpid, port: no }) => `s${Number(dpid)}/${no}`);
  };
  await second.learning.restore();
  expect([second.hosts(), formerly()]).toEqual([[`${A} s1/2 learned`], ["s1/1"]]);
  second.connect(S1, { ...port(1), up: false }, port(2));
  second.clock.advance(30);
  expect([second.hosts(), formerly()]).toEqual([[`${A} s1/2 learned`], []]);
});

test("a silent host is probed by a frame that only it receives, and removed if it does not answer", () => {
  const bench = new Bench(undefined, { expiryMs: 60_000 });
  bench.connect(S1, port(1));
  bench.says(S1, 1);
  bench.clock.advance(55_000);
  const { sent } = bench;
  expect(sent).toMatchObject([{ dpid: S1, port: 1, fields: { ethDst: 0xfa0000000001, arpOp: 1 } }]);
  expect(sent[0]?.fields).toMatchObject({ ethSrc: PROBE_SOURCE, arpSpa: 0, arpTpa: 0x0a000001 });
  bench.says(S1, 1);
  bench.clock.advance(53_000);
  expect(bench.hosts()).toHaveLength(1);
  bench.clock.advance(10_000);
  expect(sent).toHaveLength(4);
  expect(bench.hosts()).toEqual([]);
  // Nothing to check: no timer runs.
  bench.clock.advance(5000);
  expect(bench.clock.pending).toBe(0);
});

test("no host is probed by a tunnel that a policy names", () => {
  const bench = new Bench(undefined, { expiryMs: 60_000 });
  const parsed = parsePolicy({
    ...{ sender: "any", receiver: "any", monitors: [{ ip: "192.0.2.9" }] },
    copy: { tunnel: "p1" },
  });
  if (!parsed.ok) throw new Error("the policy is invalid");
  bench.tunnelling = [parsed.value.policy];
  bench.connect(S1, port(1), port(2));
  bench.says(S1, 1);
  bench.clock.advance(55_000);
  expect(bench.sent).toEqual([]);
});

test("hosts of a switch that is not programmed are not probed, and return when it is programmed again", () => {
  const bench = new Bench(undefined, { expiryMs: 60_000 });
  bench.connect(S1, port(1));
  bench.says(S1, 1);
  bench.clock.advance(30);
  const { network } = bench;
  const files = (...dpids: Dpid[]) => ({
    ...{ hosts: [], links: [] },
    switches: CONFIG.switches.filter(({ dpid }) => dpids.includes(dpid)),
  });
  network.replace(network.state.withConfig(files(S2)));
  bench.clock.advance(120_000);
  expect(bench.sent).toEqual([]);
  expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
  network.replace(network.state.withConfig(files(S1, S2)));
  bench.clock.advance(3000);
  expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
  expect(bench.sent.length).toBeGreaterThan(0);
});

test("a tap port learns no hosts, and forgets those that it had", () => {
  const bench = new Bench();
  bench.connect(S1, port(1), port(2));
  bench.says(S1, 1, A);
  bench.says(S1, 2, "fa:00:00:00:00:02");
  bench.clock.advance(30);
  const monitor = { mac: 9, ips: [], dpid: S1, port: 1, role: "monitor" } as const;
  const named = bench.network.state.addHost(monitor);
  if (!named.ok) throw new Error("refused");
  bench.network.replace(named.state);
  bench.clock.advance(30);
  const left = ["fa:00:00:00:00:02 s1/2 learned", "00:00:00:00:00:09 s1/1 api"].sort();
  expect([...bench.hosts()].sort()).toEqual(left);
  bench.says(S1, 1, A);
  bench.clock.advance(30);
  expect([...bench.hosts()].sort()).toEqual(left);
});

test("a contradiction is an event that ends", async () => {
  const bench = new Bench(undefined, { conflictMs: 1000, expiryMs: 6000 });
  bench.connect(S1, port(1), port(2));
  bench.says(S1, 1, A);
  bench.says(S1, 2, "fa:00:00:00:00:02");
  bench.clock.advance(30);
  const conflict = { kind: "address", ip: "10.0.0.1", macs: [A, "fa:00:00:00:00:02"] };
  await waitFor(() => bench.events.length > 0);
  expect(bench.events).toEqual([{ type: "hostConflict", state: "begun", conflict }]);
  bench.clock.advance(1200);
  await waitFor(() => bench.events.length > 1);
  expect(bench.events[1]).toEqual({ type: "hostConflict", state: "ended", conflict });
});

test("hosts of a removed port stay, unreachable, until another port takes its number", () => {
  const bench = new Bench();
  bench.connect(S1, port(1, "vnet0"));
  bench.says(S1, 1);
  bench.clock.advance(30);
  bench.apply({ type: "portRemoved", dpid: S1, port: 1 as PortNo });
  bench.clock.advance(30);
  expect(bench.hosts()).toEqual([`${A} s1/undefined learned`]);
  bench.apply({ type: "portChanged", dpid: S1, port: port(1, "vnet0") });
  bench.clock.advance(30);
  expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
  bench.apply({ type: "portRemoved", dpid: S1, port: 1 as PortNo });
  bench.apply({ type: "portChanged", dpid: S1, port: port(1, "vnet7") });
  bench.clock.advance(30);
  expect(bench.hosts()).toEqual([]);
});

describe("a learned monitor", () => {
  const parsed = parsePolicy({
    id: "p",
    sender: { ip: "10.0.0.8" },
    receiver: { ip: "10.0.0.9" },
    monitors: [{ mac: A }],
  });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  const { policy } = parsed.value;

  /** At port 1 of the first switch, named by a policy; port 1 of the second one claims it. */
  function claimed(limits: Partial<HostLimits> = {}): Bench {
    const bench = new Bench(undefined, limits);
    bench.monitors.replace(undefined, policy);
    bench.connect(S1, port(1));
    bench.connect(S2, port(1));
    bench.says(S1, 1);
    bench.clock.advance(30);
    bench.says(S2, 1);
    bench.clock.advance(30);
    return bench;
  }

  /** Seconds pass; what is asynchronous is done in each. */
  async function pass(bench: Bench, seconds: number, answers = false): Promise<void> {
    for (let n = 0; n < seconds; n++) {
      const { length } = bench.sent;
      bench.clock.advance(1000);
      if (answers && bench.sent.length > length) bench.says(S1, 1, A, "10.0.0.1", PROBE_MAC);
      await nextTurn();
      bench.clock.advance(30);
    }
  }

  test("stays when it is seen elsewhere; an event, a warning and its policies report both places", async () => {
    const bench = claimed();
    expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
    const conflict = {
      kind: "monitor",
      mac: A,
      held: { switch: "s1", dpid: S1, port: 1 },
      at: { switch: "s2", dpid: S2, port: 1 },
    };
    await waitFor(() => bench.events.length > 0);
    expect(bench.events).toEqual([{ type: "hostConflict", state: "begun", conflict }]);
    expect(bench.warnings).toEqual(["a monitor is claimed at another port and keeps its copies"]);
    expect(bench.contested).toEqual(["monitor"]);
  });

  test("is where it is claimed as soon as its port is down", () => {
    const bench = claimed();
    bench.apply({ type: "portChanged", dpid: S1, port: { ...port(1), up: false } });
    bench.clock.advance(30);
    expect(bench.hosts()).toEqual([`${A} s2/1 learned`]);
    expect(bench.contested).toEqual([]);
  });

  test("is where it is claimed as soon as its port is deleted", () => {
    const bench = claimed();
    bench.apply({ type: "portRemoved", dpid: S1, port: 1 as PortNo });
    bench.clock.advance(30);
    expect(bench.hosts()).toEqual([`${A} s2/1 learned`]);
  });

  test("does not move while its switch is disconnected", () => {
    const bench = claimed();
    bench.apply({ type: "switchDisconnected", dpid: S1 });
    bench.clock.advance(30);
    expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
  });

  test("is probed at its own port only, and moves when it ceases to answer", async () => {
    const bench = claimed();
    await pass(bench, 3, true);
    bench.says(S2, 1);
    await pass(bench, 29);
    expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
    await pass(bench, 5);
    expect(bench.hosts()).toEqual([`${A} s2/1 learned`]);
    const places = new Set(bench.sent.slice(0, 25).map(({ dpid, port: at }) => `${dpid}/${at}`));
    expect([...places]).toEqual([`${S1}/1`]);
  });

  test("does not move when its switch cannot show that it hands over answers", async () => {
    const bench = claimed();
    await pass(bench, 3, true);
    bench.handsOver = false;
    bench.says(S2, 1);
    await pass(bench, 60);
    expect(bench.hosts()).toEqual([`${A} s1/1 learned`]);
  });

  test("moves like other hosts when no policy names it any longer, and with `any`", () => {
    const bench = claimed();
    bench.monitors.replace(policy, undefined);
    bench.says(S2, 1);
    bench.clock.advance(30);
    expect(bench.hosts()).toEqual([`${A} s2/1 learned`]);
    expect(claimed({ monitorMoves: "any" }).hosts()).toEqual([`${A} s2/1 learned`]);
  });
});
