// SPDX-License-Identifier: Apache-2.0
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { LiveEvent } from "../../../src/page/data/live-state.ts";
import type { PolicyRow } from "../../../src/page/data/policy-row.ts";
import { type ReadRows, RowWindow, rowsAfter } from "../../../src/page/data/row-window.ts";
import { rowOf } from "../policies/rows.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const nameOf = (n: number) => `p${String(n).padStart(5, "0")}`;

/** A server with these policies, and the readings that it has answered. */
function serverOf(count: number) {
  const server = {
    rows: Array.from({ length: count }, (_, n) => rowOf(nameOf(n))),
    readings: [] as { readonly q: string; readonly offset: number; readonly limit: number }[],
  };
  const read: ReadRows = async ({ q, offset, limit }) => {
    server.readings.push({ q, offset, limit });
    if (q === "wrong:") throw new Error("no such key");
    const found = server.rows.filter(({ id }) => id.includes(q));
    return { total: found.length, rows: found.slice(offset, offset + limit) };
  };
  return { server, list: new RowWindow(read) };
}

const settled = () => vi.advanceTimersByTimeAsync(1500);

const created = (id: string) => ({ type: "policyCreated", id }) as unknown as LiveEvent;
const deleted = (id: string) => ({ type: "policyDeleted", id }) as unknown as LiveEvent;
const became = (id: string, state: PolicyRow["state"]): LiveEvent => ({
  ...{ type: "policyStatus", id, new: { state, reasons: ["why"] } },
});

test("of 10,000 policies some around those in view are read, wherever the view goes", async () => {
  const { server, list } = serverOf(10_000);
  list.setQuery({ q: "", sort: "id" });
  await settled();
  expect(list.known.value).toMatchObject({ total: 10_000, start: 0 });
  // A few rows further everything is known.
  list.show(20, 50);
  await settled();
  expect(server.readings).toHaveLength(1);
  for (const first of [90, 5000, 9970, 0]) {
    list.show(first, first + 30);
    await settled();
    const { start, rows } = list.known.value;
    expect(rows[first - start]?.id).toBe(nameOf(first));
    expect(rows[first - start + 29]?.id).toBe(nameOf(first + 29));
    expect(rows.length).toBeLessThanOrEqual(230);
  }
  expect(server.readings).toHaveLength(5);
});

test("while a reading is under way the view may go on: the last place is read next", async () => {
  const { server, list } = serverOf(10_000);
  list.setQuery({ q: "", sort: "id" });
  await settled();
  for (let first = 1000; first < 9000; first += 500) list.show(first, first + 30);
  await settled();
  expect(server.readings.map(({ offset }) => offset)).toEqual([0, 900, 8400]);
  expect(list.known.value.start).toBe(8400);
});

test("a state changes at once, without a reading where it moves no row", async () => {
  const { server, list } = serverOf(5);
  list.setQuery({ q: "", sort: "id" });
  await settled();
  const { rows } = list.known.value;
  list.receive([became(nameOf(2), "degraded"), became("elsewhere", "error")]);
  expect(list.known.value.rows[2]).toMatchObject({ state: "degraded", reasons: ["why"] });
  expect(rows[2]?.state).toBe("active");
  await settled();
  expect(server.readings).toHaveLength(1);
});

test.each([
  { q: "", sort: "-state" },
  { q: "p", sort: "id" },
])("where a state may move rows, of $q by $sort, the places are read again", async (query) => {
  const { server, list } = serverOf(3);
  list.setQuery(query);
  await settled();
  list.receive([became(nameOf(2), "degraded")]);
  expect(list.known.value.rows[2]?.state).toBe("degraded");
  await settled();
  expect(server.readings).toHaveLength(2);
});

test("new policies are there within a second, however many events there are", async () => {
  const { server, list } = serverOf(3);
  list.setQuery({ q: "", sort: "id" });
  await settled();
  for (let n = 3; n < 103; n++) {
    server.rows.push(rowOf(nameOf(n)));
    list.receive([created(nameOf(n))]);
    await vi.advanceTimersByTimeAsync(10);
  }
  await settled();
  expect(list.known.value.total).toBe(103);
  expect(server.readings.length).toBeLessThanOrEqual(4);
});

test("a deleted policy is gone at once, and the rows after it move up", () => {
  const known = {
    ...{ query: undefined, total: 9, start: 3, problem: undefined },
    rows: ["a", "b", "c"].map((id) => rowOf(id)),
  };
  const after = rowsAfter(known, [deleted("b"), deleted("not here")]);
  expect([after.total, after.rows.map(({ id }) => id)]).toEqual([8, ["a", "c"]]);
  expect(rowsAfter(known, [created("x")])).toBe(known);
});

test("a list that becomes shorter than the view shows its end", async () => {
  const { server, list } = serverOf(1000);
  list.setQuery({ q: "", sort: "id" });
  list.show(900, 930);
  await settled();
  server.rows.splice(50);
  list.refresh();
  await settled();
  const { total, start, rows } = list.known.value;
  expect([total, start + rows.length]).toEqual([50, 50]);
  expect(server.readings.length).toBeLessThanOrEqual(4);
});

test("a wrong query is a problem, and the rows before stay", async () => {
  const { list } = serverOf(3);
  list.setQuery({ q: "", sort: "id" });
  await settled();
  list.setQuery({ q: "wrong:", sort: "id" });
  await settled();
  expect(list.known.value).toMatchObject({
    ...{ total: 3, problem: { detail: "no such key" }, query: { q: "" } },
  });
  list.setQuery({ q: nameOf(1), sort: "id" });
  await settled();
  expect(list.known.value).toMatchObject({ total: 1, problem: undefined });
});

test("nothing is read after the end", async () => {
  const { server, list } = serverOf(3);
  list.setQuery({ q: "", sort: "id" });
  await settled();
  list.receive([created("x")]);
  list.stop();
  await settled();
  expect(server.readings).toHaveLength(1);
});
