// SPDX-License-Identifier: Apache-2.0
import { afterAll, beforeAll, expect, test } from "vitest";
import { tcp, udp } from "../frames.ts";
import { Scenario, type ScenarioHost } from "../scenario.ts";

/** Two tenants on the same switches, with the same IP addresses; h7 is the administrators' monitor. */
const TENANTS = {
  a: { client: "h1", server: "h2", monitor: "h3" },
  b: { client: "h4", server: "h5", monitor: "h6" },
} as const;

let scenario: Scenario;

beforeAll(async () => {
  const uses = (project: "a" | "b") =>
    Object.fromEntries(
      Object.entries(TENANTS[project]).map(([role, host]) => [
        host,
        { project, ips: [{ client: "10.9.0.1", server: "10.9.0.2", monitor: "10.9.0.3" }[role]] },
      ]),
    );
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
  });
  for (const project of ["a", "b"] as const) {
    await scenario.createPolicy({
      id: `${project}.all`,
      project,
      sender: { ip: "10.9.0.0/24" },
      receiver: "any",
      direction: "both",
      monitors: [{ host: TENANTS[project].monitor }],
    });
  }
  await scenario.createPolicy({
    id: "admins",
    sender: { mac: scenario.host("h1").mac },
    receiver: "any",
    monitors: [{ host: "h7" }],
  });
});
afterAll(() => scenario?.stop());

/** A host with the address that it shares with the other tenant. */
function at(name: string): ScenarioHost {
  const host = scenario.host(name);
  const last = name === "h1" || name === "h4" ? 1 : 2;
  return { ...host, ip: `10.9.0.${last}` };
}

test("each tenant's monitor gets the frames of its own ports, and no other", async () => {
  const ofA = tcp(at("h1"), at("h2"), { src: 1000, dst: 80 });
  await scenario.expectDelivery("h1", [ofA], { h2: [ofA], h3: [ofA], h7: [ofA] });
  const answer = tcp(at("h2"), at("h1"), { src: 80, dst: 1000 });
  await scenario.expectDelivery("h2", [answer], { h1: [answer], h3: [answer] });
  // The same addresses and ports, of the other tenant.
  const ofB = tcp(at("h4"), at("h5"), { src: 1000, dst: 80 });
  await scenario.expectDelivery("h4", [ofB], { h5: [ofB], h6: [ofB] });
});

test("the policies that copy frames of a host are known, each with its monitors", async () => {
  const observers = async (name: string) => {
    const { items } = await scenario.vtap.get(`/hosts/${scenario.host(name).mac}/observers`);
    return items.map(({ id, monitors }: { id: string; monitors: string[] }) => [id, monitors]);
  };
  // The frames that h1 sends to ports of b are among those of b, too.
  const all = [
    ["a.all", ["h3"]],
    ["admins", ["h7"]],
    ["b.all", ["h6"]],
  ];
  expect([await observers("h1"), await observers("h4")]).toEqual([all, all]);
});

test("a frame from one tenant to the other concerns both", async () => {
  const frame = udp(at("h1"), at("h5"), { src: 1, dst: 2 });
  await scenario.expectDelivery("h1", [frame], {
    h5: [frame],
    h3: [frame],
    h6: [frame],
    h7: [frame],
  });
});

test("the taps of one tenant are suspended, over a restart, and those of others go on", async () => {
  const frame = udp(at("h1"), at("h5"), { src: 3, dst: 4 });
  const post = (path: string, body: object) => scenario.vtap.request("POST", path, body);
  const { status, body } = await post("/taps:suspend?wait=60000", {
    project: "a",
    reason: "abuse",
  });
  const [{ since }] = body.projects;
  const suspension = { project: "a", state: "suspended", since, reason: "abuse", byProject: false };
  expect([status, body.state, body.projects]).toEqual([200, "running", [suspension]]);
  await scenario.expectDelivery("h1", [frame], { h5: [frame], h6: [frame], h7: [frame] });
  expect((await scenario.vtap.policyStatus("a.all")).state).toBe("suspended");
  await scenario.killAndRestartController();
  await scenario.vtap.policyIs("b.all", "active");
  expect((await scenario.vtap.get("/taps")).projects).toEqual([suspension]);
  await scenario.expectDelivery("h1", [frame], { h5: [frame], h6: [frame], h7: [frame] });
  const resumed = await post("/taps:resume?wait=60000", { project: "a" });
  expect(resumed.body.projects).toEqual([]);
  await scenario.vtap.policyIs("a.all", "active");
  const all = { h5: [frame], h3: [frame], h6: [frame], h7: [frame] };
  await scenario.expectDelivery("h1", [frame], all);
});

test("a policy that names only what is not the project's copies nothing", async () => {
  const { status, body } = await scenario.vtap.request("POST", "/policies", {
    id: "b.of-others",
    project: "b",
    sender: { mac: scenario.host("h1").mac },
    receiver: { mac: scenario.host("h2").mac },
    monitors: [{ host: "h6" }],
  });
  expect([status, body.status.state]).toEqual([201, "pending"]);
  const frame = tcp(at("h1"), at("h2"), { src: 1001, dst: 80 });
  await scenario.expectDelivery("h1", [frame], { h2: [frame], h3: [frame], h7: [frame] });
  await scenario.deletePolicy("b.of-others");
});

test("a policy cannot have a monitor of another tenant", async () => {
  await scenario.vtap.request("POST", "/policies", {
    id: "a.to-others",
    project: "a",
    sender: { mac: scenario.host("h1").mac },
    receiver: "any",
    monitors: [{ host: "h6" }],
  });
  await scenario.synced();
  expect((await scenario.vtap.get("/policies/a.to-others")).status).toEqual({
    state: "pending",
    reasons: ["monitor h6 is not at a port of project a"],
  });
  await scenario.deletePolicy("a.to-others");
});
