// SPDX-License-Identifier: Apache-2.0
import { expect, onTestFinished, test, vi } from "vitest";
import { idOf, type KnownPolicy } from "../../../src/controller/policies/policy-registry.ts";
import { walkPolicies } from "../../../src/controller/policies/walk-policies.ts";

/** Policies by id, as the registry lists them: those of the moment at which it is asked. */
function registryOf(ids: Iterable<string>) {
  const present = new Set(ids);
  return {
    present,
    *from(after: string | undefined) {
      for (const id of [...present].sort()) {
        if (after === undefined || id > after) yield { policy: { id } } as unknown as KnownPolicy;
      }
    },
  };
}

/** Every look at the clock is a slice later: each policy has a turn of its own. */
function oneInEachTurn(): void {
  let now = 0;
  const clock = vi.spyOn(performance, "now").mockImplementation(() => (now += 1_000));
  onTestFinished(() => clock.mockRestore());
}

test("policies are visited in order, after the given one, until a visit ends it", async () => {
  const registry = registryOf(["c", "a", "d", "b"]);
  const visited: string[] = [];
  const visit = (known: KnownPolicy) => {
    visited.push(idOf(known));
    return visited.length === 2;
  };
  expect(await walkPolicies(registry, "a", visit)).toBe(true);
  expect(visited).toEqual(["b", "c"]);
  expect(await walkPolicies(registry, "d", visit)).toBe(false);
});

test("policies that are added and deleted between two turns are seen and not seen", async () => {
  oneInEachTurn();
  const { present, ...registry } = registryOf(["b", "c", "e"]);
  const visited: string[] = [];
  const ended = await walkPolicies(registry, undefined, (known) => {
    const id = idOf(known);
    visited.push(id);
    if (id !== "b") return false;
    present.delete("b");
    present.delete("c");
    for (const added of ["a", "d"]) present.add(added);
    return false;
  });
  expect(ended).toBe(false);
  expect(visited).toEqual(["b", "d", "e"]);
});
