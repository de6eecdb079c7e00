// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { openLevelStore, TapVlanRecords } from "../../../src/store/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

test("held VLAN ids survive a restart; changes replace and remove them", async () => {
  const directory = temporaryDirectory();
  const first = await openLevelStore(directory);
  const records = new TapVlanRecords(first);
  await records.write([
    { id: 4000, key: "old" },
    { id: 4001, key: "gone" },
    { id: 7, key: "small" },
  ]);
  await records.write([
    { id: 4000, key: "new" },
    { id: 4001, key: undefined },
    { id: 4002, key: undefined },
  ]);
  await first.close();
  const second = await openLevelStore(directory);
  expect(await new TapVlanRecords(second).load()).toEqual([
    { id: 7, key: "small" },
    { id: 4000, key: "new" },
  ]);
  await second.close();
});

test.each([
  ["tap-vlans/4000", { version: 1 }, "record tap-vlans/4000: it names no monitor"],
  ["tap-vlans/9999", { version: 1, key: "m" }, "record tap-vlans/9999: it has no VLAN id"],
  [
    "tap-vlans/4001",
    { version: 1, key: "m" },
    "tap-vlans/4001: another record has the same monitor",
  ],
])("a damaged record %s is an error that names it", async (key, value, message) => {
  const store = await openLevelStore(temporaryDirectory());
  await new TapVlanRecords(store).write([{ id: 100, key: "m" }]);
  await store.put(key, value);
  await expect(new TapVlanRecords(store).load()).rejects.toThrow(message);
  await store.close();
});
