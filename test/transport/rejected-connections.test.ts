// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { RejectedConnections } from "../../src/transport/rejected-connections.ts";

function rejections() {
  let second = 0;
  return new RejectedConnections(() => new Date(1000 * second++).toISOString());
}

test("a peer that retries is one entry with its latest reason, and is news once for each reason", () => {
  const rejected = rejections();
  const peer = { address: "192.0.2.1" };
  expect(["a", "a", "b", "b"].map((reason) => rejected.record(peer, reason))).toEqual([
    ...[true, false, true, false],
  ]);
  const at = "1970-01-01T00:00:03.000Z";
  expect(rejected.latest()).toEqual([{ ...peer, reason: "b", count: 4, at }]);
  expect(rejected.count).toBe(4);
});

test("a switch is known by its datapath id, from whichever address; the latest peer comes first", () => {
  const rejected = rejections();
  rejected.record({ address: "192.0.2.1", dpid: "01" }, "refused");
  rejected.record({ address: "192.0.2.3" }, "silent");
  expect(rejected.record({ address: "192.0.2.2", dpid: "01" }, "refused")).toBe(false);
  expect(rejected.latest().map(({ address, count }) => [address, count])).toEqual([
    ["192.0.2.2", 2],
    ["192.0.2.3", 1],
  ]);
});

test("peers that invent datapath ids do not fill the memory", () => {
  const rejected = rejections();
  for (let n = 0; n < 5000; n++) rejected.record({ address: "192.0.2.1", dpid: `${n}` }, "x");
  expect(rejected.latest()).toHaveLength(100);
  expect(rejected.latest()[0]?.dpid).toBe("4999");
  // The first ones are forgotten, the last thousand are not.
  expect(rejected.record({ address: "192.0.2.1", dpid: "4001" }, "x")).toBe(false);
  expect(rejected.record({ address: "192.0.2.1", dpid: "0" }, "x")).toBe(true);
});
