// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { PatchRequests } from "../../../src/controller/tap-bridges/patch-requests.ts";
import type { PolicyId, PolicyPlan } from "../../../src/policy/index.ts";
import { type PatchedPort, patchKey } from "../../../src/topology/index.ts";
import { patched, SOURCE } from "../../policy/mirrored-ports.ts";

const [A, B] = ["a" as PolicyId, "b" as PolicyId];
const received = (port: number) => patched("received", port);
const copies = (port: number) => patched("copies", port);
const names = (patches: ReturnType<typeof patched>) => patches.map(patchKey);

/** Policies in the order in which they were created. */
function refusedOf(...policies: (readonly [PolicyId, readonly PatchedPort[]])[]) {
  const requests = new PatchRequests();
  // They become known in another order.
  for (const [created, [id, patches]] of [...policies.entries()].reverse()) {
    const plan = { id, enabled: true, patches, copies: [] };
    requests.set(id, plan as unknown as PolicyPlan, `2026-01-0${created + 1}`);
  }
  return requests.refusedAt(SOURCE);
}

test("a port by which copies leave is not tapped as a receiver's: the later policy is refused", () => {
  const first = refusedOf([A, [...patched("sent", 1), ...copies(4)]], [B, received(4)]);
  expect([...first]).toEqual([
    [
      names(received(4))[0],
      expect.stringContaining("copies of policy a leave by port 4, where policy b taps"),
    ],
  ]);
  const later = refusedOf([B, received(4)], [A, [...patched("sent", 1), ...copies(4)]]);
  expect([...later]).toEqual([
    [names(copies(4))[0], expect.stringContaining("copies of policy a leave by port 4")],
  ]);
});

test("of two policies that copy what the other gets the first stays whole", () => {
  const crosswise = [
    [B, [...received(3), ...copies(4)]],
    [A, [...received(4), ...copies(3)]],
  ] as const;
  expect([...refusedOf(...crosswise).keys()].sort()).toEqual(
    names([...received(4), ...copies(3)]).sort(),
  );
});

test("a policy does not tap its own copies; other ports and what is sent are no matter", () => {
  expect([...refusedOf([A, [...received(4), ...copies(4)]]).keys()]).toEqual(names(received(4)));
  expect(
    refusedOf([A, [...received(1), ...copies(4)]], [B, [...patched("sent", 4), ...copies(4)]]).size,
  ).toBe(0);
});
