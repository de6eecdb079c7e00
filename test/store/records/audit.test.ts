// SPDX-License-Identifier: Apache-2.0
import { renameSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AuditRecord } from "../../../src/contract/audit/audit.ts";
import { ChainCheck } from "../../../src/contract/audit/audit-chain.ts";
import {
  AuditRecords,
  canonicalJson,
  openLevelStore,
  PolicyRecords,
  type Store,
  StoreError,
} from "../../../src/store/index.ts";
import { recovered } from "../store-state.ts";
import { temporaryDirectory } from "../temporary-directory.ts";

const KEY = "5a".repeat(32);
const now = () => new Date("2026-01-01T00:00:00Z");
const open = (store: Store) => AuditRecords.open(store, () => KEY, now);

async function allOf(audit: AuditRecords): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  for await (const record of audit.after(0)) records.push(record as unknown as AuditRecord);
  return records;
}

test("a record is written with its change, or not at all, and knows the revision", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const audit = await open(store);
  const policies = new PolicyRecords(store, now);
  const also = [audit.appending((revision) => ({ what: "put", revision }))];
  const stored = await policies.put("p", { id: "p" }, "absent", { also });
  const refused = await policies.put("p", { id: "p" }, "absent", { also });
  expect(refused.type).toBe("conflict");
  const { revision } = stored.type === "stored" ? stored.record : { revision: -1 };
  const [record, ...more] = await allOf(audit);
  expect(record).toMatchObject({ sequence: 1, what: "put", revision, previous: "0".repeat(64) });
  expect(more).toEqual([]);
  await store.close();
});

test("records of concurrent writes form one chain, which a reopened store continues", async () => {
  const directory = temporaryDirectory();
  const store = await openLevelStore(directory);
  const audit = await open(store);
  const seen: number[] = [];
  audit.watch(({ sequence }) => seen.push(sequence));
  await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      audit.append([() => ({ n }), () => ({ n, second: true })]),
    ),
  );
  await store.close();
  const reopened = await openLevelStore(directory);
  const later = await AuditRecords.open(reopened, () => "00".repeat(32), now);
  await later.append([() => ({ n: 50 })]);
  const records = await allOf(later);
  const check = new ChainCheck({ heads: [await later.head()] });
  for (const each of records) check.add(each, later.isSealed(each as never));
  expect(check.end()).toEqual({ from: 1, to: 101, records: 101, faults: [] });
  expect(seen).toEqual(Array.from({ length: 100 }, (_, n) => n + 1));
  await reopened.close();
});

test("a record of a write that failed is undone with it", async () => {
  const parent = temporaryDirectory();
  const data = join(parent, "data");
  const store = await openLevelStore(data);
  const audit = await open(store);
  await audit.append([() => ({ n: 1 })]);
  renameSync(data, join(parent, "away"));
  await expect(audit.append([() => ({ n: 2 }), () => ({ n: 3 })])).rejects.toThrow(StoreError);
  renameSync(join(parent, "away"), data);
  await recovered(store);
  expect(await allOf(audit)).toMatchObject([{ sequence: 1, n: 1 }]);
  await audit.append([() => ({ n: 4 })]);
  await store.close();
  const reopened = await openLevelStore(data);
  const records = await allOf(await open(reopened));
  expect(records).toMatchObject([{ n: 1 }, { sequence: 2, n: 4, previous: records[0]?.hash }]);
  await reopened.close();
});

test("a truncation says what was deleted, and the rest is still proven", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const audit = await open(store);
  await audit.append(Array.from({ length: 10 }, (_, n) => () => ({ n })));
  const all = await allOf(audit);
  const cut = (to: number) => ({ from: 1, to, hash: all[to - 1]?.hash ?? "" });
  await audit.truncate([1, 2, 3], () => ({ type: "truncation", truncated: cut(3) }));
  const check = (records: readonly AuditRecord[], heads: readonly AuditRecord[] = []) => {
    const chain = new ChainCheck({ heads });
    for (const each of records) chain.add(each, audit.isSealed(each as never));
    return chain.end();
  };
  const rest = await allOf(audit);
  expect(check(rest, all.slice(2, 3))).toEqual({
    ...{ from: 4, to: 11, records: 8, faults: [] },
    truncated: { from: 1, to: 3 },
  });
  // More is missing than was truncated.
  expect(check(rest.slice(1)).faults).toMatchObject([{ sequence: 5 }]);
  expect(check(rest, all.slice(0, 1))).toMatchObject({ faults: [], truncatedHeads: [1] });
  await store.close();
});

test("every alteration, removal, repetition and reordering of records is found", async () => {
  const store = await openLevelStore(temporaryDirectory());
  const audit = await open(store);
  const entry = (n: number) => () => ({ actor: { user: `u${n % 3}` }, list: [n, { deep: [n] }] });
  await audit.append(Array.from({ length: 12 }, (_, n) => entry(n)));
  const records = await allOf(audit);
  const head = records.at(-1) as AuditRecord;
  const faultsOf = (tampered: readonly AuditRecord[]) => {
    const check = new ChainCheck({ heads: [head] });
    for (const each of tampered) check.add(each, audit.isSealed(each as never));
    return check.end().faults;
  };
  expect(faultsOf(records)).toEqual([]);
  const at = fc.nat({ max: records.length - 1 });
  const tampering = fc.oneof(
    at.map((n) => records.filter((_, index) => index !== n)),
    at.map((n) => records.slice(0, n)),
    at.map((n) => [...records.slice(0, n + 1), ...records.slice(n)]),
    fc
      .tuple(at, at)
      .filter(([a, b]) => a !== b)
      .map(([a, b]) => records.map((each, n) => records[n === a ? b : n === b ? a : n] ?? each)),
    fc
      .tuple(at, fc.constantFrom(...Object.keys(head)), fc.jsonValue())
      .map(([n, key, value]) =>
        records.map((each, index) => (index === n ? { ...each, [key]: value } : each)),
      ),
    // One who has no key makes the rest of the chain anew.
    at.map((n) =>
      records.map((each, index) => (index < n ? each : { ...each, hash: "f".repeat(64) })),
    ),
  );
  const same = canonicalJson(records as never);
  fc.assert(
    fc.property(tampering, (tampered) => {
      fc.pre(canonicalJson(tampered as never) !== same);
      expect(faultsOf(tampered)).not.toEqual([]);
    }),
  );
  await store.close();
});

test("canonical JSON does not depend on the order of members", () => {
  const value = { b: [1, { y: null, x: "ü" }], a: undefined, "": true };
  expect(canonicalJson(value as never)).toBe('{"":true,"b":[1,{"x":"ü","y":null}]}');
  fc.assert(
    fc.property(fc.jsonValue(), (json) => {
      const text = canonicalJson(json as never);
      expect(canonicalJson(JSON.parse(text))).toBe(text);
      expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(json)));
    }),
  );
});
