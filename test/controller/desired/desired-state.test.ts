// SPDX-License-Identifier: Apache-2.0

import fc from "fast-check";
import { expect, test } from "vitest";
import { Compilation, type DesiredDelta } from "../../../src/controller/desired/compilation.ts";
import { DesiredState } from "../../../src/controller/desired/desired-state.ts";
import { PreviewOverlay } from "../../../src/controller/desired/preview-overlay.ts";
import { UncompiledPolicies } from "../../../src/controller/desired/uncompiled-policies.ts";
import { EventBus } from "../../../src/controller/events.ts";
import { type GroupEntry, GroupRegistry } from "../../../src/controller/policies/group-registry.ts";
import {
  type PolicyEntry,
  PolicyRegistry,
} from "../../../src/controller/policies/policy-registry.ts";
import { type FlowKey, type FlowSpec, flowKey } from "../../../src/flow-model/index.ts";
import { complete, type Steps } from "../../../src/lang/steps.ts";
import {
  type CompiledEdit,
  type GroupId,
  type Policy,
  type PolicyEdit,
  type PolicyId,
  parsePolicy,
  type ReadableTaps,
} from "../../../src/policy/index.ts";
import { silentLogger } from "../../../src/runtime/logger.ts";
import { StepQueue } from "../../../src/runtime/step-queue.ts";
import type { Topology } from "../../../src/topology/index.ts";
import {
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  topologyOf,
} from "../../policy/scenarios.ts";
import { propertyRuns } from "../../properties.ts";

/** The inputs that the tables of a compilation are those of. */
class RecordedCompilation extends Compilation {
  readonly policies = new Map<PolicyId, Policy>();
  network: Topology | undefined;

  override *editing(...args: Parameters<Compilation["editing"]>): Steps<CompiledEdit> {
    const result = yield* super.editing(...args);
    const [{ upsert = [], remove = [] }]: [PolicyEdit, ...unknown[]] = args;
    const rest = new Set(result.rest?.map(({ id }) => id));
    for (const id of remove) this.policies.delete(id);
    for (const each of upsert) if (!rest.has(each.id)) this.policies.set(each.id, each);
    return result;
  }

  override *settingTopology(topology: Topology): Steps<DesiredDelta> {
    const result = yield* super.settingTopology(topology);
    this.network = topology;
    return result;
  }
}

const limits = { intersectionsPerSwitch: 12 };
const options = { tapVlans: { first: 4000, last: 4010 }, limits };

type Entries = Map<string, Map<FlowKey, FlowSpec>>;

/** The desired state of a compile of everything at once. */
function fullCompile(topology: Topology | undefined, policies: Iterable<Policy>) {
  const compilation = new Compilation(options);
  const entries: Entries = new Map();
  if (topology) follow(entries, compilation.setTopology(topology).switches);
  const all = [...policies];
  follow(entries, compilation.edit({ upsert: all }).switches);
  return {
    entries: texts(entries),
    plans: new Map(all.map(({ id }) => [id, compilation.plan(id)])),
  };
}

function follow(entries: Entries, switches: DesiredDelta["switches"]): void {
  for (const [dpid, change] of switches) followOne(entries, dpid, change);
}

function followOne(
  entries: Entries,
  dpid: string,
  change: { readonly set?: Iterable<FlowSpec>; readonly delete?: Iterable<FlowKey> },
): void {
  const table = entries.get(dpid) ?? new Map<FlowKey, FlowSpec>();
  entries.set(dpid, table);
  for (const key of change.delete ?? []) table.delete(key);
  for (const spec of change.set ?? []) table.set(flowKey(spec), spec);
}

function texts(entries: Entries): string[] {
  const lines = [...entries].flatMap(([dpid, table]) =>
    [...table].map(([key, { actions, meter }]) => `${dpid} ${key} ${text([actions, meter])}`),
  );
  return lines.sort();
}

const text = (value: unknown) =>
  JSON.stringify(value, (_, each) => (typeof each === "bigint" ? `${each}` : each));

const stepArb = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant("write" as const),
      policies: fc.array(policyArb, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("delete" as const), n: fc.nat(7) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant("network" as const),
      host: fc.nat(5),
      link: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("suspend" as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("admit" as const), policy: policyArb }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("try" as const), policy: policyArb }) },
  { weight: 6, arbitrary: fc.record({ type: fc.constant("turn" as const) }) },
);

type Step = typeof stepArb extends fc.Arbitrary<infer T> ? T : never;

/** The network without one of its hosts, and without its additional links. */
function changed(network: Network, host: number, link: boolean): Network {
  const hosts = network.hosts.filter((_, index) => index !== host);
  return { ...network, hosts, extra: link ? network.extra : [] };
}

/** A controller's compile stage whose operations are cut into slices of a few steps. */
class Sliced {
  readonly compilation = new RecordedCompilation(options);
  readonly registry = new PolicyRegistry();
  readonly uncompiled = new UncompiledPolicies();
  readonly queue: StepQueue;
  readonly desired: DesiredState;
  readonly entries: Entries = new Map();
  readonly plans = new Map<PolicyId, unknown>();
  readonly suspended = new Set<PolicyId>();
  readonly answers: Promise<unknown>[] = [];
  topology: Topology | undefined;
  #writes = 0;
  /** The desired state after each operation, and that of a full compile of the same inputs. */
  readonly published: {
    readonly found: string[];
    readonly expected: string[];
    readonly policies: number;
  }[] = [];

  constructor(stepsPerSlice: number) {
    this.queue = new StepQueue(() => {
      let left = stepsPerSlice;
      return {
        get shouldYield() {
          return left-- <= 0;
        },
      };
    });
    const { compilation, registry, uncompiled, queue, entries } = this;
    const published = () => this.#published();
    this.desired = new DesiredState({
      ...{ compilation, registry, uncompiled, queue, logger: silentLogger },
      events: new EventBus(),
      groups: new GroupRegistry(),
      effective: ({ policy }) =>
        this.suspended.has(policy.id) ? { ...policy, enabled: false } : policy,
      suspension: {
        planned: () => undefined,
        writes: { forgetPolicy: () => undefined },
      },
      reconciler: {
        *editing(edits) {
          for (const [dpid, edit] of edits) {
            followOne(entries, dpid, edit);
            yield;
          }
          published();
        },
        confirmed: () => new Promise(() => undefined),
      },
      overrides: { desiredChanged: () => undefined },
      previews: new PreviewOverlay({
        compilation,
        *findingPolicies() {
          yield;
          return [];
        },
        plainName: () => undefined,
      }),
      statusTracker: {
        plansChanged: (ids) => {
          for (const id of ids) this.plans.set(id, compilation.lastPlan(id));
        },
      },
      counters: { *plansChanging() {}, plansChanged: () => undefined },
    });
  }

  /** Does the next step of a story. */
  async take(step: Step, network: Network): Promise<void> {
    switch (step.type) {
      case "write":
        for (const each of policiesOf(step.policies)) this.#write(each);
        return;
      case "delete":
        this.#delete(`p${step.n}` as PolicyId);
        return;
      case "network":
        this.networkChanged(changed(network, step.host, step.link));
        return;
      case "suspend":
        this.#suspendOrResume();
        return;
      case "admit":
        this.#admit(policiesOf([step.policy]));
        return;
      case "try":
        for (const each of policiesOf([step.policy])) this.#try(each);
        return;
      case "turn":
        await new Promise((resolve) => setImmediate(resolve));
        return;
      default:
        step satisfies never;
    }
  }

  networkChanged(network: Network): void {
    this.topology = topologyOf(network);
    this.desired.networkChanged({ topology: this.topology, links: [] });
  }

  /** Suspends policies that run and resumes those that are suspended. */
  #suspendOrResume(): void {
    const ids = [...this.registry.values()].map(({ policy }) => policy.id);
    for (const id of ids) if (!this.suspended.delete(id)) this.suspended.add(id);
    this.desired.compilePolicies(ids);
  }

  #admit(policies: readonly Policy[]): void {
    this.answers.push(this.queue.run(() => this.compilation.findingRefusals(policies)));
  }

  #try(policy: Policy): void {
    const reader = {
      tried: (taps: ReadableTaps) => taps.plan(policy.id),
      present: (taps: ReadableTaps): Steps<unknown> => taps.plan(policy.id),
    };
    const edit = { upsert: [policy] };
    this.answers.push(this.queue.run(() => this.compilation.trying(edit, reader)));
  }

  #write(written: Policy): void {
    const policy = { ...written, id: `p${this.#writes++ % 7}` as PolicyId };
    const at = "2026-01-01T00:00:00.000Z";
    const origin = { kind: "api" } as const;
    const entry: PolicyEntry = {
      ...{ policy, document: {}, origin, revision: 1, createdAt: at, updatedAt: at },
    };
    this.desired.policyWritten(entry, this.registry.get(policy.id));
  }

  #delete(id: PolicyId): void {
    const entry = this.registry.get(id);
    if (entry) this.desired.policyDeleted(entry);
  }

  /** An operation has ended: the tables are those of some inputs. */
  #published(): void {
    const { network, policies } = this.compilation;
    const expected = fullCompile(network, policies.values()).entries;
    this.published.push({ found: texts(this.entries), expected, policies: policies.size });
  }
}

test("compiles in slices give the tables of a full compile, whatever comes in between", async () => {
  const stories = fc.record({
    network: networkArb,
    perSlice: fc.constantFrom(1, 3, 10, 100, 1_000_000),
    steps: fc.array(stepArb, { minLength: 3, maxLength: 14 }),
  });
  await fc.assert(
    fc.asyncProperty(stories, async ({ network, perSlice, steps }) => {
      const sliced = new Sliced(perSlice);
      const { desired, compilation, suspended, registry } = sliced;
      sliced.networkChanged(network);
      for (const step of steps) await sliced.take(step, network);
      await desired.idle();
      await Promise.all(sliced.answers);
      for (const { found, expected } of sliced.published) expect(found).toEqual(expected);
      const effective = [...registry.values()].map(({ policy }) =>
        suspended.has(policy.id) ? { ...policy, enabled: false } : policy,
      );
      const full = fullCompile(sliced.topology, effective);
      expect(texts(sliced.entries)).toEqual(full.entries);
      for (const { id } of effective) {
        expect(sliced.plans.get(id)).toEqual(full.plans.get(id));
        expect(compilation.lastPlan(id)).toEqual(full.plans.get(id));
        expect(sliced.uncompiled.has(id)).toBe(false);
      }
      expect(complete(compilation.planning("none" as PolicyId))).toBeUndefined();
    }),
    { numRuns: propertyRuns(150) },
  );
});

/** Policies written at once beside a change of the network: how many of them each compile had. */
async function compiledTogether(write: (sliced: Sliced, entries: PolicyEntry[]) => void) {
  const sliced = new Sliced(1);
  const host = { at: 0, shared: false };
  sliced.networkChanged({ profiles: ["paths"], parents: [], extra: [], hosts: [host, host, host] });
  await sliced.desired.idle();
  const before = sliced.published.length;
  const ids = ["p0", "p1", "p2", "p3"] as PolicyId[];
  const [sender, receiver, monitor] = [{ host: "h1" }, { host: "h2" }, { host: "h3" }];
  const entries = ids.map((id): PolicyEntry => {
    const document = { id, sender, receiver, monitors: [monitor], filters: { udp_dst: id.at(1) } };
    const parsed = parsePolicy(document);
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
    return { ...parsed.value, origin: { kind: "api" }, revision: 1, createdAt: "", updatedAt: "" };
  });
  write(sliced, entries);
  sliced.networkChanged({ profiles: ["paths"], parents: [], extra: [], hosts: [host, host, host] });
  await sliced.desired.idle();
  return sliced.published.slice(before).map(({ policies }) => policies);
}

test("a change of the network ends an edit of many policies early, and not that of a group", async () => {
  const many = await compiledTogether(({ desired, registry }, entries) => {
    for (const each of entries) registry.set(each);
    desired.compilePolicies(entries.map(({ policy }) => policy.id));
  });
  expect(many.length).toBeGreaterThan(2);
  expect(many[0]).toBeLessThan(4);
  expect(many.at(-1)).toBe(4);
  const group: GroupEntry = {
    group: { id: "dmz" as GroupId, members: [{ host: "h1" }] },
    ...{ document: { id: "dmz", members: [{ host: "h1" }] }, origin: { kind: "api" } },
    ...{ revision: 1, createdAt: "", updatedAt: "" },
  };
  const one = await compiledTogether(({ desired }, valid) =>
    desired.groupWritten(group, undefined, { valid, invalid: [], revived: new Map() }),
  );
  expect(one).toEqual([4, 4]);
});
