// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { LinkCopies, linkKey } from "../../../src/counters/rates/link-copies.ts";
import { cookieFor, type EntryRef, splitEntryRef } from "../../../src/flow-model/index.ts";
import { complete } from "../../../src/lang/steps.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";

const [S1, S2, S3] = ["1", "2", "3"].map((n) => n.padStart(16, "0")) as [string, string, string];

/** A path of copies from one switch to another, with the ports by which they leave the switches. */
function path(source: string, arrival: string, ...ports: (readonly [dpid: string, out: number])[]) {
  const hops = ports.map(([dpid, outPort]) => ({ dpid, outPort }));
  const route = { marking: "tag", hops: [...hops, { dpid: S3, outPort: undefined }] };
  return { source, mark: "m", arrival, exact: true, route };
}

function planOf(...countedPaths: object[]): PolicyPlan {
  return { copies: [{ monitor: "m", countedPaths }] } as unknown as PolicyPlan;
}

/** Reads a rule twice, two seconds apart. */
function count(copies: LinkCopies, ref: string, packets: number, at = 0) {
  const { dpid, key } = splitEntryRef(ref as EntryRef);
  const category = ref.includes("recovery") ? "recovery" : "rewriting";
  const cookie = cookieFor(category, key);
  const entry = { cookie, durationMs: 10_000, group: undefined };
  copies.listed(dpid, { ...entry, packets: 100, bytes: 6_400 }, at);
  copies.listed(
    dpid,
    { ...entry, packets: 100 + packets, bytes: 6_400 + packets * 64 },
    at + 2_000,
  );
}

const rates = (copies: LinkCopies, since = 0) => complete(copies.rates(since));

test("copies are counted where they arrive, once for all policies that request them", () => {
  const copies = new LinkCopies();
  const common = path(`${S1} rewriting`, `${S3} recovery`, [S1, 10], [S2, 11]);
  copies.setPlan("a" as PolicyId, planOf(common));
  copies.setPlan("b" as PolicyId, planOf(common));
  expect([copies.has(S3, "recovery"), copies.has(S1, "rewriting")]).toEqual([true, true]);
  expect([copies.has(S2, "recovery"), copies.has(S3, "rewriting")]).toEqual([false, false]);
  // Not read yet.
  expect(rates(copies).get(linkKey(S1, 10))).toBeUndefined();
  count(copies, `${S1} rewriting`, 2_000);
  count(copies, `${S3} recovery`, 20);
  const rate = { pps: 10, bps: 5_120 };
  expect(rates(copies)).toEqual(
    new Map([
      [linkKey(S1, 10), rate],
      [linkKey(S2, 11), rate],
    ]),
  );
  // Older than asked for.
  expect(rates(copies, 2_001).get(linkKey(S1, 10))).toBeUndefined();
  copies.setPlan("a" as PolicyId, undefined);
  expect(rates(copies).size).toBe(2);
  copies.setPlan("b" as PolicyId, planOf());
  expect([rates(copies).size, copies.has(S3, "recovery")]).toEqual([0, false]);
});

test("arrivals of several sources are divided in proportion to what these match", () => {
  const copies = new LinkCopies();
  const first = path(`${S1} rewriting`, `${S3} recovery`, [S1, 10], [S2, 11]);
  const second = path(`${S2} rewriting`, `${S3} recovery`, [S2, 11]);
  copies.setPlan("a" as PolicyId, planOf(first, second));
  count(copies, `${S3} recovery`, 40);
  // It is not known how much of that the second one makes.
  count(copies, `${S1} rewriting`, 30);
  expect([...rates(copies).values()]).toEqual([undefined, undefined]);
  count(copies, `${S2} rewriting`, 90);
  const found = rates(copies);
  expect(found.get(linkKey(S1, 10))?.pps).toBeCloseTo(5);
  expect(found.get(linkKey(S2, 11))?.pps).toBeCloseTo(20);
});

test("a rule that began anew, or whose switch is gone, has no rate before its next two readings", () => {
  const copies = new LinkCopies();
  copies.setPlan("a" as PolicyId, planOf(path(`${S1} rewriting`, `${S3} recovery`, [S1, 10])));
  count(copies, `${S3} recovery`, 20);
  count(copies, `${S3} recovery`, 8, 4_000);
  expect(rates(copies).get(linkKey(S1, 10))?.pps).toBe(4);
  copies.disconnect(S3);
  expect(rates(copies).get(linkKey(S1, 10))).toBeUndefined();
});
