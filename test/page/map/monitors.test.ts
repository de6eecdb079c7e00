// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { hostsOfPlans, monitorMacs } from "../../../src/page/map/monitors.ts";
import { dpidOf, network } from "./networks.ts";

const { hosts } = network(2, [[0, 1]], [2, 2]);
const [first, second, third] = hosts.map(({ mac }) => mac);

test("hosts that policies name as monitors are found by name or address", () => {
  const found = (...named: string[]) => [...monitorMacs(hosts, new Set(named))];
  expect(found("h1-1")).toEqual([first]);
  expect(found(second ?? "")).toEqual([second]);
  expect(found("h1-1", "10.0.1.1")).toEqual([first, third]);
  expect(found("h1", "s1 port 1")).toEqual([]);
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
