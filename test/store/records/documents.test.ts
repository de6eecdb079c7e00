// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import {
  DocumentSets,
  GroupRecords,
  HostRecords,
  openLevelStore,
  PolicyRecords,
} from "../../../src/store/index.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const document = { id: "p", enabled: true, filters: { tcp_dst: [80] } };

test("policies survive a restart with their revision and times", async () => {
  const directory = temporaryDirectory();
  let time = 0;
  const now = () => new Date(1_700_000_000_000 + 1000 * time++);
  const store = await openLevelStore(directory);
  const policies = new PolicyRecords(store, now);
  const first = await policies.put("p", document, "absent");
  const second = await policies.put("p", { ...document, enabled: false });
  await store.close();

  const reopened = await openLevelStore(directory);
  expect(await new PolicyRecords(reopened, now).load()).toEqual([
    {
      id: "p",
      document: { ...document, enabled: false },
      revision: 2,
      createdAt: "2023-11-14T22:13:20.000Z",
      updatedAt: "2023-11-14T22:13:21.000Z",
    },
  ]);
  await reopened.close();
  expect(first).toMatchObject({ type: "stored", created: true });
  expect(second).toMatchObject({ type: "stored", created: false });
});

test("groups survive a restart, apart from policies of the same id", async () => {
  const directory = temporaryDirectory();
  const now = () => new Date(1_700_000_000_000);
  const store = await openLevelStore(directory);
  const group = { id: "p", members: ["10.1.0.0/16", { host: "h1" }] };
  await new PolicyRecords(store, now).put("p", document);
  await new GroupRecords(store, now).put("p", group);
  await store.close();

  const reopened = await openLevelStore(directory);
  expect(await new GroupRecords(reopened, now).load()).toMatchObject([
    { id: "p", document: group, revision: 2, createdAt: "2023-11-14T22:13:20.000Z" },
  ]);
  await new GroupRecords(reopened, now).remove("p");
  expect(await new GroupRecords(reopened, now).load()).toEqual([]);
  expect(await new PolicyRecords(reopened, now).load()).toMatchObject([{ id: "p", document }]);
  await reopened.close();
});

test("a set is written at one revision, and policies stay in it when they are replaced", async () => {
  const directory = temporaryDirectory();
  const now = () => new Date(1_700_000_000_000);
  const store = await openLevelStore(directory);
  const sets = new DocumentSets(store, now);
  const group = { id: "g", members: ["10.1.0.0/16"] };
  const put = ["p", "q"].map((id) => ({ id, document: { ...document, id } }));
  const none = { put: [], remove: [] };
  const groups = { put: [{ id: "g", document: group }], remove: [] };
  const first = await sets.write({ set: "s", policies: { put, remove: [] }, groups });
  expect(first).toEqual({ revision: 1, updatedAt: "2023-11-14T22:13:20.000Z" });
  await new PolicyRecords(store, now).put("p", { ...document, enabled: false });
  await sets.write({ set: "s", policies: { put: [], remove: ["q"] }, groups: none });
  await store.close();
  const reopened = await openLevelStore(directory);
  expect(await new PolicyRecords(reopened, now).load()).toMatchObject([
    { id: "p", document: { enabled: false }, revision: 2, set: "s" },
  ]);
  expect(await new GroupRecords(reopened, now).load()).toMatchObject([
    { id: "g", revision: 1, set: "s" },
  ]);
  await reopened.close();
});

test("a policy is changed and removed only at the expected revision", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const policies = new PolicyRecords(store, () => new Date());
  expect(await policies.put("p", document, 3)).toEqual({ type: "conflict" });
  await policies.put("p", document);
  expect(await policies.put("p", document, "absent")).toEqual({ type: "conflict", current: 1 });
  expect(await policies.remove("p", 2)).toEqual({ type: "conflict", current: 1 });
  expect(await policies.remove("p", 1)).toEqual({ type: "removed" });
  expect(await policies.remove("p")).toEqual({ type: "conflict" });
  await store.close();
});

test("hosts are stored under their MAC address, apart from policies", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const hosts = new HostRecords(store);
  const host = { mac: "fa:00:00:00:00:01", switch: "s1", port: 1 };
  await hosts.write(new Map([[host.mac, host]]), []);
  await new PolicyRecords(store, () => new Date()).put("p", document);
  expect(await hosts.load()).toEqual([{ mac: host.mac, document: host, revision: 1 }]);
  const other = { ...host, mac: "fa:00:00:00:00:02" };
  await hosts.write(new Map([[other.mac, other]]), [host.mac]);
  expect((await hosts.load()).map(({ mac }) => mac)).toEqual([other.mac]);
  await store.close();
});
