// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { Compilation } from "../../../src/controller/desired/compilation.ts";
import { dryRunSteps, tryingChange } from "../../../src/controller/queries/dry-run.ts";
import { forecast, PlannedEntries } from "../../../src/controller/queries/policy-forecast.ts";
import { changesBetween, snapshotOf } from "../../../src/controller/queries/policy-snapshot.ts";
import { flowKey } from "../../../src/flow-model/index.ts";
import { complete } from "../../../src/lang/steps.ts";
import {
  type Policy,
  type PolicyDocument,
  type PolicyId,
  parsePolicy,
  TapCompiler,
} from "../../../src/policy/index.ts";
import type { Topology } from "../../../src/topology/index.ts";
import { aimedArb, enterAimed } from "../../policy/aimed-frames.ts";
import { multipath } from "../../policy/deliveries.ts";
import {
  anyTreatedArb,
  frameText,
  networkArb,
  policiesOf,
  Scenario,
  topologyOf,
} from "../../policy/scenarios.ts";
import { propertyRuns } from "../../properties.ts";

type Options = ConstructorParameters<typeof Compilation>[0];

function compiled(topology: Topology, policies: readonly Policy[], options?: Options): Compilation {
  const compilation = new Compilation(options);
  compilation.setTopology(topology);
  compilation.edit({ upsert: policies });
  return compilation;
}

/** What clients may see of policies as they are compiled. */
function seen(compilation: Compilation, topology: Topology, policies: readonly Policy[]) {
  const found = complete(
    compilation.trying(
      {},
      {
        *tried() {
          yield;
          return true;
        },
        *present(taps) {
          const entries = new PlannedEntries(taps);
          const all = new Map<PolicyId, Seen>();
          for (const policy of policies) {
            const plan = yield* taps.plan(policy.id);
            if (plan === undefined) continue;
            all.set(policy.id, {
              snapshot: yield* snapshotOf(plan, entries, topology),
              forecast: yield* forecast(policy, { taps, entries, topology }),
            });
          }
          return all;
        },
      },
    ),
  );
  if (found === undefined) throw new Error("it was interrupted");
  return found;
}

interface Seen {
  readonly snapshot: Parameters<typeof changesBetween>[0];
  readonly forecast: unknown;
}

/** The tap rules of every switch, by their keys. */
function rules(compilation: Compilation, topology: Topology) {
  return [...topology.switches.keys()].map((dpid) => {
    const found = compilation.tapRules(dpid).map((spec) => [flowKey(spec), spec] as const);
    return [dpid, found.sort(([a], [b]) => (a < b ? -1 : 1))];
  });
}

const changeArb = fc.record({
  network: networkArb,
  present: fc.array(anyTreatedArb, { minLength: 1, maxLength: 4 }),
  set: fc.array(anyTreatedArb, { maxLength: 3 }),
  /** How many of the present policies the set replaces, and how many of the others it deletes. */
  replaced: fc.nat(2),
  deleted: fc.nat(2),
  limit: fc.constantFrom(3, 1000),
});

/** The policies before a change, and the change. */
function changeOf({
  present,
  set,
  replaced,
  deleted,
}: typeof changeArb extends fc.Arbitrary<infer T> ? T : never) {
  const before = policiesOf(present);
  const written = policiesOf(set).map((policy, index) => {
    const id = index < replaced ? before[index]?.id : undefined;
    return { ...policy, id: id ?? (`new${index}` as PolicyId) };
  });
  const ids = new Set(written.map(({ id }) => id));
  const remove = before.filter(({ id }) => !ids.has(id)).slice(0, deleted);
  const gone = new Set([...ids, ...remove.map(({ id }) => id)]);
  const others = before.filter(({ id }) => !gone.has(id));
  return { before, written, remove: remove.map(({ id }) => id), others };
}

test("what is forecast of a random change is what it does, to its policies and to all others", {
  timeout: 3_600_000,
}, () => {
  fc.assert(
    fc.property(changeArb, (scenario) => {
      const topology = topologyOf(scenario.network);
      const { before, written, remove, others } = changeOf(scenario);
      const options = {
        limits: { intersectionsPerSwitch: scenario.limit },
        ...(scenario.network.lacksTags ? {} : { tapVlans: { first: 4000, last: 4010 } }),
      };
      const compilation = compiled(topology, before, options);
      const old = seen(compilation, topology, others);
      const oldRules = rules(compilation, topology);
      const change = { upsert: written, remove, forecast: written };
      const found = complete(tryingChange(compilation, topology, change));
      expect(rules(compilation, topology)).toEqual(oldRules);
      // The same policies, compiled anew: no operation of a trial is involved.
      const after = compiled(topology, [...others, ...written], options);
      const now = seen(after, topology, [...others, ...written]);
      expect(found?.policies).toEqual(written.map(({ id }) => now.get(id)?.forecast));
      const changes = others
        .map(({ id }) => ({ id, changes: differences(old.get(id), now.get(id)) }))
        .filter((each) => each.changes.length > 0);
      expect(found?.effects.map(({ id, changes }) => ({ id, changes }))).toEqual(changes);
      for (const { why } of found?.effects ?? []) expect(why.length).toBeGreaterThan(0);
      // And by the edit itself, on the compilation that tried it.
      compilation.edit({ upsert: written, remove });
      expect(seen(compilation, topology, [...others, ...written])).toEqual(now);
    }),
    { numRuns: propertyRuns(50) },
  );
});

test("without effects on others, frames are delivered as before, and copies of new policies besides", {
  timeout: 3_600_000,
}, () => {
  const framesArb = fc.array(aimedArb, { minLength: 3, maxLength: 6 });
  let unaffected = 0;
  fc.assert(
    fc.property(networkArb, changeArb, framesArb, (network, { present, set }, frames) => {
      const scenario = new Scenario(network);
      const { topology, environment } = scenario;
      const before = policiesOf(present);
      const added = policiesOf(set).map((policy, index) => {
        return { ...policy, id: `new${index}` as PolicyId };
      });
      const compilation = compiled(topology, before, environment);
      const change = { upsert: added, remove: [], forecast: added };
      if (complete(tryingChange(compilation, topology, change))?.effects.length !== 0) return;
      unaffected++;
      const simulated = (policies: readonly Policy[]) => {
        const compiler = new TapCompiler(environment);
        compiler.update({ upsert: policies });
        return scenario.simulate(compiler, multipath);
      };
      const [old, now] = [simulated(before), simulated([...before, ...added])];
      for (const plan of frames) {
        const at = enterAimed(plan, [...before, ...added], topology);
        const left = now.send(at).delivered.map(frameText);
        for (const each of old.send(at).delivered.map(frameText)) {
          expect(left).toContain(each);
          left.splice(left.indexOf(each), 1);
        }
      }
    }),
    { numRuns: propertyRuns(60) },
  );
  expect(unaffected).toBeGreaterThan(0);
});

function differences(old: Seen | undefined, now: Seen | undefined) {
  return old && now ? changesBetween(old.snapshot, now.snapshot) : [];
}

/** Web and ids on s1 and s3, app on s2; no VLAN ids are reserved. */
const topology = topologyOf({
  profiles: ["paths", "paths", "paths"],
  parents: [0, 1],
  extra: [],
  hosts: [0, 1, 2].map((at) => ({ at, shared: false })),
  connected: true,
  direct: "all",
});

function policy(document: PolicyDocument): Policy {
  const parsed = parsePolicy(document);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.value.policy;
}

const CROSS = policy({
  id: "cross",
  sender: { host: "h1" },
  receiver: { host: "h2" },
  monitors: [{ host: "h3" }],
});
const PREFIXES = policy({
  id: "prefixes",
  sender: { ip: "10.0.0.0/24" },
  receiver: { ip: "10.0.0.0/24" },
  monitors: [{ host: "h3" }],
});

test("a dry run says of a policy for frames of another one what its write does", () => {
  const compilation = compiled(topology, [CROSS]);
  const change = { upsert: [PREFIXES], remove: [], forecast: [PREFIXES] };
  const alone = complete(dryRunSteps(compilation, topology, PREFIXES));
  const found = complete(tryingChange(compilation, topology, change));
  expect(alone).toEqual({ ...found?.policies[0], effects: found?.effects, unlistedEffects: 0 });
  const old = seen(compilation, topology, [CROSS]).get(CROSS.id);
  compilation.edit({ upsert: [PREFIXES] });
  const now = seen(compilation, topology, [CROSS, PREFIXES]);
  expect(alone).toMatchObject({ state: now.get(PREFIXES.id)?.snapshot.status.state });
  expect(now.get(CROSS.id)?.snapshot).toMatchObject({
    status: { state: "active" },
    copied: ["h3"],
  });
  const changes = differences(old, now.get(CROSS.id));
  expect(changes.map(({ what }) => what)).not.toContain("state");
  expect(alone?.effects).toEqual(
    changes.length === 0 ? [] : [{ id: "cross", why: ["it shares frames with prefixes"], changes }],
  );
});

test("policies of a file are tried together, not each beside the present ones", () => {
  const second = policy({ ...CUT, id: "whole", copy: {} });
  const compilation = compiled(topology, []);
  const forecastOf = (...policies: Policy[]) =>
    complete(
      tryingChange(compilation, topology, { upsert: policies, remove: [], forecast: policies }),
    );
  const cut = policy(CUT);
  const together = forecastOf(cut, second);
  expect(together?.policies.map(({ overlaps }) => overlaps.map((each) => each.policy))).toEqual([
    ["whole"],
    ["cut"],
  ]);
  const texts = (found: typeof together, index: number) =>
    found?.policies[index]?.switches.flatMap(({ effects }) => effects).join("\n");
  expect(texts(forecastOf(cut), 0)).toContain("cut to 64 bytes");
  expect(texts(together, 0)).not.toContain("cut to 64 bytes");
});

const CUT: PolicyDocument = {
  id: "cut",
  sender: { host: "h1" },
  receiver: { host: "h2" },
  monitors: [{ host: "h3" }],
  copy: { truncate: 64 },
};

test("effects on others: what changes, where, before and after, and why", () => {
  const cut = policy(CUT);
  const compilation = compiled(topology, [cut]);
  const whole = policy({ ...CUT, id: "whole", copy: {} });
  const found = complete(dryRunSteps(compilation, topology, whole));
  expect(found?.effects).toMatchObject([{ id: "cut", why: ["it shares frames with whole"] }]);
  const delivery = found?.effects[0]?.changes.filter(({ what }) => what === "delivery");
  expect(delivery?.map(({ before }) => before.join()).join()).toContain("cut to 64 bytes");
  expect(delivery?.map(({ after }) => after.join()).join()).not.toContain("cut to 64 bytes");
  // A policy for other frames concerns no other one.
  const other = policy({ ...CUT, id: "other", sender: { host: "h2" }, receiver: { host: "h1" } });
  expect(complete(dryRunSteps(compilation, topology, other))?.effects).toEqual([]);
});

test("a policy that no longer fits beside a change is named with the reason", () => {
  const ports = Array.from({ length: 20 }, (_, n) => 1001 + 2 * n);
  const options = { limits: { intersectionsPerSwitch: 100 } };
  const narrow = policy({ ...CUT, id: "b", filters: { tcp_dst: ports } });
  const compilation = compiled(topology, [narrow], options);
  const wide = policy({ ...CUT, id: "a", filters: { tcp_src: ports } });
  const change = { upsert: [wide], remove: [], forecast: [wide] };
  const found = complete(tryingChange(compilation, topology, change));
  expect([...(found?.refused ?? [])]).toEqual([
    ["b", expect.stringMatching(/^its \d+ match regions overlap those of 1 other policy \(a\)/)],
  ]);
  expect(found?.effects).toMatchObject([{ id: "b" }]);
  expect(found?.effects[0]?.changes.slice(0, 2)).toMatchObject([
    { what: "state", before: ["active"], after: ["pending", found?.refused.get(narrow.id)] },
    { what: "copies", before: ["h3"], after: [] },
  ]);
});

test("an interrupted trial ends, and leaves the taps as they are", () => {
  const compilation = compiled(topology, [CROSS]);
  const before = rules(compilation, topology);
  for (let steps = 0; steps < 40; steps++) {
    let left = steps;
    const isDue = () => left-- <= 0;
    const change = { upsert: [PREFIXES, policy(CUT)], remove: [CROSS.id], forecast: [PREFIXES] };
    const found = complete(tryingChange(compilation, topology, change, { isDue }));
    if (steps < 3) expect(found).toBeUndefined();
    expect(rules(compilation, topology)).toEqual(before);
  }
});
