// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { MirrorWriter } from "../../../src/controller/mirrors/mirror-writer.ts";
import { OPEN_VSWITCH, type Operation, wait } from "../../../src/ovsdb/index.ts";
import type { OvsdbSession } from "../../../src/ovsdb-session/index.ts";
import type { Dpid } from "../../../src/topology/index.ts";
import { waitFor } from "../../lab/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const DPID = "00000000000000a1" as Dpid;

type Reply = Awaited<ReturnType<OvsdbSession["transact"]>>;

/** A writer with a session that gives these replies in turn, and takes every change over. */
function writer(replies: readonly Reply[]) {
  const clock = new FakeClock();
  const left = [...replies];
  let changes = 0;
  const writes = new MirrorWriter(clock, () => void changes++);
  const session = {
    root: "",
    transact: async () => left.shift() ?? COMMITTED,
    until: async () => "met",
  } as unknown as OvsdbSession;
  const write = (
    label: string,
    unchanged: readonly string[] = [],
    operations: readonly Operation[] = [],
  ) =>
    writes.write({
      ...{ dpid: DPID, session, operations },
      contents: new Map([[label, label]]),
      unchanged: new Map(unchanged.map((each) => [each, ""])),
    });
  const changed = (count: number) => waitFor(() => changes === count);
  return {
    clock,
    writes,
    write,
    changed,
    isDone: (label: string) => writes.isConfirmed(DPID, label, label),
  };
}

const COMMITTED: Reply = { type: "committed", results: [1, [{ nextConfig: 1 }]] };
const refused = (code: "timed out" | "constraint violation"): Reply => ({
  type: "refused",
  error: { code, detail: code },
});

test("a mirror is confirmed when its switch has taken it over, until it is written again", async () => {
  const { write, isDone, changed } = writer([]);
  write("a");
  expect(isDone("a")).toBe(false);
  await changed(1);
  expect(isDone("a")).toBe(true);
  write("a", ["a"]);
  expect(isDone("a")).toBe(true);
  await changed(2);
  write("a");
  expect(isDone("a")).toBe(false);
  await changed(3);
  expect(isDone("a")).toBe(true);
});

test("a refused change is a problem, and is tried again after ten seconds", async () => {
  const { clock, writes, write, changed, isDone } = writer([refused("constraint violation")]);
  write("a");
  await changed(1);
  expect(writes.problemOf(DPID)).toEqual({
    what: "the database refuses it: constraint violation",
    isError: true,
  });
  // Nothing is written before that.
  write("a");
  clock.advance(9_999);
  await changed(1);
  clock.advance(1);
  await changed(2);
  write("a");
  await changed(3);
  expect([isDone("a"), writes.problemOf(DPID)]).toEqual([true, undefined]);
});

test("one that another client came before is tried again at once, without a problem", async () => {
  const { clock, writes, write, changed } = writer([refused("timed out")]);
  write("a");
  await waitFor(() => clock.pending > 0);
  expect(writes.problemOf(DPID)).toBeUndefined();
  clock.advance(200);
  await changed(1);
});

test("an unknown outcome is waited for and tried again", async () => {
  const { clock, writes, write, changed } = writer([{ type: "unknown", detail: "no reply" }]);
  write("a");
  await waitFor(() => clock.pending > 0);
  expect(writes.problemOf(DPID)).toEqual({
    what: "the database has not answered: no reply",
    isError: false,
  });
  clock.advance(200);
  await changed(1);
});

test("another change than the refused one is tried at once: another client may have made the rows", async () => {
  const { clock, writes, write, changed, isDone } = writer([refused("constraint violation")]);
  write("a");
  await changed(1);
  write("a", [], [wait(OPEN_VSWITCH, { uuid: "x" }, ["managers"], [])]);
  await changed(2);
  expect([isDone("a"), writes.problemOf(DPID)]).toEqual([true, undefined]);
  clock.advance(10_000);
  await changed(2);
});
