// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Lingering } from "../../../src/controller/tap-bridges/lingering.ts";
import {
  type Dpid,
  type PatchedPort,
  type PortNo,
  patchNames,
} from "../../../src/topology/index.ts";
import { FakeClock } from "../../openflow-session/fake-clock.ts";

const A = "00000000000000a1" as Dpid;
const patchedAt = (dpid: Dpid): PatchedPort => ({ dpid, port: 1 as PortNo, use: "sent" });

/** What stays at a switch that has one pair of patch ports. */
function lingering() {
  const clock = new FakeClock();
  let over = 0;
  const all = new Lingering(clock, () => over++);
  const name = patchNames(patchedAt(A), "0a").source;
  const look = ({ isAway = false, isPresent = true, isRequested = false } = {}, dpid = A) =>
    all.kept(dpid, {
      present: new Set(isPresent ? [name] : []),
      requested: new Set(isRequested ? [name] : []),
      isAway,
    }).length;
  return { clock, look, isOver: () => over > 0 };
}

test("patch ports that no policy needs stay for two seconds", () => {
  const { clock, look, isOver } = lingering();
  expect(look()).toBe(1);
  clock.advance(1_999);
  expect(look()).toBe(1);
  expect(isOver()).toBe(false);
  clock.advance(1);
  expect(isOver()).toBe(true);
  expect(look()).toBe(0);
  // Until they are gone, they do not come back.
  expect(look()).toBe(0);
});

test("the time of a switch that is away begins when it connects", () => {
  const { clock, look } = lingering();
  expect(look({ isAway: true })).toBe(1);
  clock.advance(60_000);
  expect(look()).toBe(1);
  clock.advance(1_000);
  // It is away again.
  expect(look({ isAway: true })).toBe(1);
  clock.advance(1_500);
  expect(look()).toBe(1);
  clock.advance(2_000);
  expect(look()).toBe(0);
});

test("the time begins anew for patch ports that were needed, or gone, meanwhile", () => {
  for (const meanwhile of [{ isRequested: true }, { isPresent: false }]) {
    const { clock, look } = lingering();
    expect(look()).toBe(1);
    expect(look(meanwhile)).toBe(0);
    clock.advance(5_000);
    expect(look()).toBe(1);
  }
});
