// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp, udp } from "../frames.ts";
import { h1, h2, h3, h4, h5, mac } from "../hosts.ts";
import { TWO_SENDERS } from "../plans.ts";
import { Scenario } from "../scenario.ts";

const ends = { sender: mac(h1), receiver: mac(h2) };
const web = { id: "web", ...ends, monitors: [mac(h3)], filters: { tcp_dst: 80 } };
const direct = { id: "direct", ...ends, monitors: [mac(h4)], filters: { udp_dst: 53 } };
const tagged = {
  ...{ id: "tagged", ...ends, monitors: [mac(h3)], filters: { tcp_dst: 443 } },
  copy: { delivery: "tag" },
};

const frames = (count: number, port: number, more = {}) =>
  Array.from({ length: count }, (_, n) => tcp(h1, h2, { src: 1024 + n, dst: port }, more));
const queries = (count: number) =>
  Array.from({ length: count }, (_, n) => udp(h1, h2, { src: 1024 + n, dst: 53 }));

interface Counted {
  readonly copied: { readonly packets: number; readonly bytes: number };
  readonly delivered: { readonly packets: number; readonly bytes: number };
  readonly loss: { readonly packets: number };
}

describe("the counters of policies on real switches", () => {
  let scenario: Scenario;
  /** The highest values reported so far; no later value may be lower. */
  const highest = new Map<string, number>();

  beforeAll(async () => {
    scenario = await Scenario.start({
      ...TWO_SENDERS,
      hosts: [...TWO_SENDERS.hosts, [5, "s2", 5]],
    });
    const config = join(scenario.directory, "config.json");
    const settings = { countersIntervalSeconds: 0.2, tapVlanRange: "3839-4094" };
    await writeFile(config, JSON.stringify({ ...settings, auditIntervalSeconds: 0 }));
    await scenario.replaceController({ more: ["--config", config] });
    for (const policy of [web, direct, tagged]) await scenario.createPolicy(policy);
  });
  afterAll(async () => {
    await scenario.stop();
  });

  /**
   * Sends frames and waits until the tables count them. Open vSwitch transfers counts from its flow
   * cache every half second, and attributes them to the rules of that moment.
   */
  async function send(list: readonly Uint8Array[]): Promise<void> {
    const { lab } = scenario;
    // Every frame matches one rule of s1, which counts it after the transfer.
    const counted = async () => {
      const flows = await lab.ofctl("dump-flows", "s1");
      return [...flows.matchAll(/n_packets=(\d+)/g)].reduce((sum, [, n]) => sum + Number(n), 0);
    };
    const before = await counted();
    await lab.inject("h1", list);
    await waitFor(
      async () => {
        await lab.appctl("revalidator/purge");
        return (await counted()) >= before + list.length;
      },
      { what: "the counts of all frames" },
    );
  }

  /** Waits for a reading that is at least so many milliseconds later. */
  async function read(id: string, later = 0): Promise<void> {
    const from = Date.now() + later;
    await waitFor(async () => {
      const { readAt } = (await scenario.vtap.get(`/policies/${id}`)).counters;
      return readAt !== null && Date.parse(readAt) > from;
    });
  }

  function note(name: string, value: number): void {
    expect([name, value]).toEqual([name, Math.max(value, highest.get(name) ?? 0)]);
    highest.set(name, value);
  }

  async function countersOf(id: string): Promise<Counted> {
    const { counters } = await scenario.vtap.get(`/policies/${id}`);
    note(`${id} copied`, counters.copied.packets);
    note(`${id} copied bytes`, counters.copied.bytes);
    note(`${id} delivered`, counters.delivered.packets);
    note(`${id} delivered bytes`, counters.delivered.bytes);
    note(`${id} loss`, counters.loss.packets);
    return counters;
  }

  /** Waits until a policy's counters of copied, delivered and lost frames have these values. */
  async function expectCounts(id: string, copied: number, delivered: number, loss = 0) {
    let last: unknown;
    await waitFor(
      async () => {
        const counters = await countersOf(id);
        last = [counters.copied.packets, counters.delivered.packets, counters.loss.packets];
        return JSON.stringify(last) === JSON.stringify([copied, delivered, loss]);
      },
      { what: `${id} to have counted ${[copied, delivered, loss]}`, everyMs: 50 },
    ).catch((cause) => {
      throw new Error(`counted so far: ${JSON.stringify(last)}`, { cause });
    });
  }

  test("every copy is counted where it is made and where it arrives, with any delivery", async () => {
    await send([...frames(20, 80), ...queries(30), ...frames(40, 443)]);
    await expectCounts("web", 20, 20);
    await expectCounts("direct", 30, 30);
    await expectCounts("tagged", 40, 40);
    const { copied, delivered } = await countersOf("tagged");
    const bytes = frames(40, 443).reduce((sum, frame) => sum + frame.length, 0);
    expect([copied.bytes, delivered.bytes]).toEqual([bytes, bytes]);
    const detail = await scenario.vtap.get("/policies/web/counters");
    expect(detail.monitors).toMatchObject([{ monitor: h3.mac, copied: { packets: 20 } }]);
    expect(detail.exact).toBe(true);
    expect(Date.parse(detail.readAt)).toBeGreaterThan(Date.parse(detail.since));
    const metrics = await scenario.vtap.text("/metrics");
    expect(metrics).toContain('openvtap_policy_copied_packets_total{policy="web"} 20\n');
    expect(metrics).toContain('openvtap_policy_lost_packets_total{policy="tagged"} 0\n');
  });

  test("copies that do not arrive are lost", async () => {
    // A foreign rule drops the copies in transit, like a broken cable that is not yet detected.
    const copies = "table=0,priority=65000,dl_src=0e:7a:00:00:00:00/ff:ff:00:00:00:00";
    await scenario.lab.ofctl("add-flow", "s2", `${copies},actions=drop`);
    await send(frames(10, 80));
    await scenario.lab.ofctl("del-flows", "--strict", "s2", copies);
    await send(frames(5, 80));
    await expectCounts("web", 35, 25, 10);
  });

  test("a recovery rule that is removed from outside: its last count is kept, later copies are lost", async () => {
    await send(frames(7, 443));
    const flows = await scenario.lab.dumpFlows("s2");
    const match = flows.find((line) => line.includes("pop_vlan"))?.match(/dl_vlan=(\d+)/)?.[1];
    expect(match).toBeDefined();
    const entry = `table=0,priority=60000,in_port=10,dl_vlan=${match}`;
    await scenario.lab.ofctl("del-flows", "--strict", "s2", entry);
    // Of copies made until then it is unknown whether the rule still counted them.
    await read("tagged", 4_000);
    await send(frames(3, 443));
    await expectCounts("tagged", 50, 47, 3);
  });

  test("an overlapping policy takes nothing away; frames that both copy count for both", async () => {
    const all = { id: "all", ...ends, monitors: [mac(h5)] };
    await scenario.createPolicy(all);
    // An existing rule makes its copies of web frames: they count from the next reading on.
    await read("all");
    await send([...frames(4, 80), ...frames(6, 8080)]);
    await expectCounts("web", 39, 29, 10);
    await expectCounts("all", 10, 10);
    await scenario.deletePolicy("all");
    await read("web");
    await send(frames(1, 80));
    await expectCounts("web", 40, 30, 10);
    for (const name of highest.keys()) if (name.startsWith("all ")) highest.delete(name);
    await scenario.createPolicy(all);
    await read("all");
    await expectCounts("all", 0, 0);
    await scenario.deletePolicy("all");
  });

  test("counters do not change the ETag, and a disabled policy counts nothing", async () => {
    const before = await scenario.vtap.request("GET", "/policies/direct");
    await send(queries(5));
    await expectCounts("direct", 35, 35);
    const after = await scenario.vtap.request("GET", "/policies/direct");
    expect(after.headers.get("etag")).toBe(before.headers.get("etag"));
    await scenario.vtap.request("PATCH", "/policies/direct?wait=60000", { enabled: false });
    await scenario.synced();
    await send(queries(5));
    await scenario.vtap.request("PATCH", "/policies/direct?wait=60000", { enabled: true });
    await scenario.synced();
    // Frames came just before: what the rule counts first is left out.
    await read("direct");
    await send(queries(2));
    await expectCounts("direct", 37, 37);
  });

  test("a switch that restarts counts from zero; the totals continue", async () => {
    const { lab } = scenario;
    const before = await lab.dumpFlows("s1");
    await lab.restartSwitch("s1");
    // Not by the controller's status, which may be older than the restart.
    await lab.flowsAreBack("s1", before);
    await scenario.vtap.synced("s1", "s2");
    await send(queries(3));
    await expectCounts("direct", 40, 40);
  });

  test("kill -9 at any time: no reported value decreases, and nothing is missing", async () => {
    let sent = 40;
    for (let round = 0; round < 2; round++) {
      await send(queries(20));
      await countersOf("direct");
      await scenario.vtap.stop("SIGKILL");
      await send(queries(20));
      sent += 40;
      await scenario.replaceController();
      await countersOf("direct");
    }
    await expectCounts("direct", sent, sent);
    for (const name of scenario.switchNames) expect(await scenario.vtap.modsSent(name)).toBe(0);
  });
});
