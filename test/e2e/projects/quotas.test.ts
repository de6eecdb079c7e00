// SPDX-License-Identifier: Apache-2.0
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { waitFor } from "../../lab/index.ts";
import { tcp } from "../frames.ts";
import { Scenario } from "../scenario.ts";

/** Two tenants with a host, a server and a monitor each; h7 is the administrators' monitor. */
const TENANTS = { a: ["h1", "h2", "h3"], b: ["h4", "h5", "h6"] } as const;

let scenario: Scenario;

beforeAll(async () => {
  const uses = (project: "a" | "b") =>
    Object.fromEntries(TENANTS[project].map((host) => [host, { project }]));
  scenario = await Scenario.start({
    switches: ["s1", "s2"],
    links: [["s1", 12, "s2", 21]],
    hosts: [
      [1, "s1", 1],
      [4, "s1", 4],
      [2, "s2", 2],
      [5, "s2", 5],
      [3, "s2", 3],
      [6, "s1", 6],
      [7, "s2", 7],
    ],
    uses: { ...uses("a"), ...uses("b") },
    config: { projectQuotas: { a: { kbps: 20, rules: 20 } }, countersIntervalSeconds: 1 },
  });
});
afterAll(() => scenario?.stop());

const named = (host: string) => ({ host });

/** All that the first host of a tenant sends to its server, for its monitor. */
function ofTenant(project: "a" | "b", id: string, more: object = {}) {
  const [sender, receiver, monitor] = TENANTS[project].map(named);
  return { id: `${project}.${id}`, project, sender, receiver, monitors: [monitor], ...more };
}

/** Frames of 80 bytes, which differ in their ports. */
function flows(from: string, to: string): Uint8Array[] {
  const ends = [scenario.host(from), scenario.host(to)] as const;
  return Array.from({ length: 300 }, (_, n) => tcp(...ends, { src: 20_000 + n, dst: 80 }));
}

/** How many frames a host got. */
function count(host: string): number {
  return scenario.lab.frames(host).length;
}

test("copies of a project above its bandwidth are dropped, and no original or copy of others", async () => {
  await scenario.createPolicy(ofTenant("a", "all"));
  await scenario.createPolicy(ofTenant("b", "all"));
  const admins = { sender: named("h1"), receiver: named("h2"), monitors: [named("h7")] };
  await scenario.createPolicy({ id: "admins", ...admins });
  // Shares the meter, although it is for another monitor.
  await scenario.createPolicy(
    ofTenant("a", "back", {
      sender: named("h2"),
      receiver: named("h1"),
      monitors: [named("h3")],
    }),
  );
  scenario.lab.clear();
  const began = performance.now();
  await scenario.lab.inject("h1", flows("h1", "h2"));
  const seconds = (performance.now() - began) / 1000;
  await scenario.lab.inject("h4", flows("h4", "h5"));
  expect(["h2", "h7", "h5", "h6"].map(count)).toEqual([300, 300, 300, 300]);
  // 640 bits each: the burst of 80 kilobits, then the rate.
  expect(count("h3")).toBeGreaterThanOrEqual(125);
  expect(count("h3")).toBeLessThanOrEqual(Math.ceil(125 + (seconds * 20_000) / 640) + 1);
  const use = async () => (await scenario.vtap.get("/projects/a")).kbps;
  const isMeasured = async () => {
    await scenario.lab.inject("h1", flows("h1", "h2"));
    return ((await use()).measured ?? 0) > 20;
  };
  await waitFor(isMeasured, { what: "the measured bandwidth" });
  expect(await use()).toMatchObject({ limit: 20, reserved: 0, shared: 20 });
});

test("a project has no more rules on a switch than its quota, and goes on within it", async () => {
  const ports = Array.from({ length: 30 }, (_, n) => 1 + 2 * n);
  const filters = { eth_type: "ipv4", tcp_dst: ports };
  const wide = (project: "a" | "b") => {
    const [receiver, monitor, sender] = TENANTS[project].map(named);
    return ofTenant(project, "ports", { filters, sender, receiver, monitors: [monitor] });
  };
  const refused = await scenario.vtap.request("POST", "/policies", wide("a"));
  expect([refused.status, refused.body.type]).toEqual([422, "urn:openvtap:problem:quota-exceeded"]);
  await scenario.createPolicy(wide("b"));
  const { rules, held } = await scenario.vtap.get("/projects/a");
  expect([rules.limit, rules.used > 0 && rules.used < 20, held]).toEqual([20, true, 0]);
  // With a lower one the newest policy is held, over a restart, and the older one goes on.
  const lower = { projectQuotas: { a: { kbps: 20, rules: rules.used - 1 } } };
  await writeFile(join(scenario.directory, "config.json"), JSON.stringify(lower));
  await scenario.killAndRestartController();
  await scenario.vtap.policyIs("a.all", "active");
  expect((await scenario.vtap.policyStatus("a.back")).state).toBe("error");
  expect((await scenario.vtap.get("/projects/a")).held).toBe(1);
  const [frame = new Uint8Array()] = flows("h2", "h1");
  await scenario.expectDelivery("h2", [frame], { h1: [frame] });
});
