// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { policyRow } from "../../../src/page/data/policy-row.ts";
import { hostsOfPlans, monitorMacs } from "../../../src/page/map/monitors.ts";
import { dpidOf, network } from "./networks.ts";

const { hosts } = network(2, [[0, 1]], [2, 2]);
const [first, second, third] = hosts.map(({ mac }) => mac);

test("hosts that policies name as monitors are found by name, address, or in a balanced set", () => {
  const policy = (monitors: unknown) =>
    policyRow({
      ...{ id: "p", origin: { kind: "api" }, revision: 1, updatedAt: "" },
      ...{ sender: "any", receiver: "any", monitors },
    });
  const found = (monitors: unknown) => [...monitorMacs(hosts, [policy(monitors)])];
  expect(found([{ host: "h1-1" }])).toEqual([first]);
  expect(found([{ mac: second }])).toEqual([second]);
  expect(found([{ balance: [{ host: "h1-1" }, { ip: "10.0.1.1" }] }])).toEqual([first, third]);
  expect(found([{ host: "h1" }])).toEqual([]);
});

test("hosts at the ports of a plan are shown one by one", () => {
  const port = Number(hosts[0]?.port);
  const place = { switch: "s1", dpid: dpidOf(0), port };
  const plan = {
    tapPoints: [{ ...place, end: "sender", direction: "forward" } as const],
    ...{ ways: [], original: [] },
  };
  expect([...hostsOfPlans(hosts, [plan])]).toEqual([first]);
});
