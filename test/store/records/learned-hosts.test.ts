// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { LearnedHostRecords, openLevelStore, StoreError } from "../../../src/store/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const HOST = {
  mac: "fa:00:00:00:00:01",
  ...{ dpid: "00000000000000ab", port: 4, ips: ["10.0.0.1"], vlans: [7], lastSeen: 1 },
};

test("hosts survive a restart with the ports that they have left", async () => {
  const directory = temporaryDirectory();
  const moved = { ...HOST, formerly: [{ dpid: "00000000000000ab", port: 1 }] };
  const other = { ...HOST, mac: "fa:00:00:00:00:02" };
  const first = await openLevelStore(directory);
  await new LearnedHostRecords(first).write([moved, other], []);
  await first.close();
  const second = await openLevelStore(directory);
  expect(await new LearnedHostRecords(second).load()).toEqual([moved, other]);
  await second.close();
});

test.each([
  ["a list of something else", [1]],
  ["places without ports", [{ dpid: "00000000000000ab" }]],
  ["no list", "s1"],
])("former places that are %s are damage", async (_, formerly) => {
  const store = await openLevelStore(temporaryDirectory());
  const key = `learned-hosts/${HOST.mac}`;
  const { mac: __, ...record } = HOST;
  await store.put(key, { version: 1, ...record, formerly });
  await expect(new LearnedHostRecords(store).load()).rejects.toThrow(StoreError);
  await store.close();
});
