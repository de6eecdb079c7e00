// SPDX-License-Identifier: Apache-2.0
import type { EntryRef } from "../../flow-model/index.ts";
import { type Steps, sorted } from "../../lang/steps.ts";
import type { PortAt, Topology } from "../../topology/index.ts";
import { planMirrors } from "../mirrors/plan-mirrors.ts";
import { formatParty } from "../model/party.ts";
import type { Policy, PolicyId } from "../model/policy.ts";
import { nameOf } from "../placement/placed-monitors.ts";
import { describePlace } from "../placement/placement.ts";
import type { CopyEntries } from "./emit/copy-entries.ts";
import type {
  CopyWay,
  CountedPath,
  PlannedCopies,
  PlanProblem,
  PolicyPlan,
  TappedPort,
} from "./model/policy-plan.ts";
import type { CopyRequest } from "./overlap/resolve-element.ts";
import type { TapNetwork } from "./tap-network.ts";
import type { CompiledPolicy } from "./taps/compile-taps.ts";
import type { Tap } from "./taps/tap.ts";

/** A plan with the other policies on whose taps it depends. */
interface BuiltPlan {
  readonly plan: PolicyPlan;
  readonly dependsOn: ReadonlySet<PolicyId>;
}

/** Builds the plan of a policy from the tables of a network. */
export function* buildPlan(
  policy: Policy,
  network: TapNetwork,
  topology: Topology,
): Steps<BuiltPlan> {
  const compiled = network.compiled(policy.id);
  const refusal = network.refusal(policy.id);
  if (compiled === undefined || refusal !== undefined) {
    return { plan: planWithoutTaps(policy, refusal, topology), dependsOn: new Set() };
  }
  const builder = new PolicyPlanBuilder(compiled);
  yield* addCopyEntries(compiled, network, builder);
  return { plan: yield* builder.plan(network, topology), dependsOn: builder.dependsOn };
}

function planWithoutTaps(
  policy: Policy,
  refusal: string | undefined,
  topology: Topology,
): PolicyPlan {
  const { id, enabled, monitors, delivery } = policy;
  const copies = monitors.map((monitor) => ({
    monitor: formatParty(monitor),
    ...{ entries: [], countedPaths: [], ways: [], unprobed: [] },
  }));
  const common = { id, enabled, tapPoints: [], taps: [], copies, unseen: [] };
  const problems: PlanProblem[] =
    refusal === undefined ? [] : [{ blocks: "policy", what: refusal }];
  if (enabled && delivery === "mirror") {
    for (const { what, isError } of planMirrors(policy, topology).problems) {
      problems.push({ blocks: "policy", what, ...(isError && { state: "error" }) });
    }
    return { ...common, problems, isMirrored: true };
  }
  return { ...common, problems };
}

/** Adds the entries of each copy that a policy requests: at its own taps, or at the selected taps. */
function* addCopyEntries(
  { taps }: CompiledPolicy,
  network: TapNetwork,
  builder: PolicyPlanBuilder,
): Steps<void> {
  const reported = new Map<Tap, Set<string>>();
  for (const tap of taps) {
    for (const own of yield* network.table(tap.dpid).copyEntries(tap)) {
      yield;
      builder.add(own);
      const { selected, monitor } = own.request;
      const names = selected && (reported.get(selected) ?? new Set<string>());
      if (selected === undefined || names === undefined || names.has(nameOf(monitor))) continue;
      reported.set(selected, names.add(nameOf(monitor)));
      for (const other of yield* network.table(selected.dpid).copyEntries(selected)) {
        if (other.request.monitor.key !== monitor.key) continue;
        const { entries, countedPath: path, ways = [], unprobed = [] } = other;
        const shared = path === undefined ? {} : { countedPath: { ...path, exact: false } };
        const { caveat: _, ...request } = other.request;
        builder.add({ request: { ...request, monitor }, entries, ways, unprobed, ...shared });
      }
    }
  }
}

/** Why a monitor gets no copies at any tap of a policy; undefined: it has no place. */
function* missingCopyReasons(
  { taps }: CompiledPolicy,
  name: string,
  network: TapNetwork,
): Steps<string | undefined> {
  const causes = new Set<string>();
  for (const tap of taps) {
    const monitor = tap.monitors.find((each) => nameOf(each) === name);
    if (monitor === undefined || tap.isIngress) continue;
    const found = yield* network.table(tap.dpid).missingCopyReasons(tap, monitor);
    for (const cause of found) causes.add(cause);
  }
  if (causes.size === 0) return undefined;
  return `nothing is left to copy for monitor ${name}: ${[...causes].join("; ")}`;
}

/** What is collected for one monitor. */
interface Collected {
  readonly entries: Set<EntryRef>;
  /** Of the ingress taps. */
  readonly ingress: Set<EntryRef>;
  readonly outlets: Map<string, PortAt>;
  readonly countedPaths: Map<string, CountedPath>;
  readonly ways: Map<string, CopyWay>;
  /** Why some of the ways cannot be probed. */
  readonly unprobed: Set<string>;
  /** It gets copies of other frames than those for reserved addresses. */
  isServed: boolean;
}

function nothingYet(): Collected {
  return {
    entries: new Set(),
    ingress: new Set(),
    outlets: new Map(),
    countedPaths: new Map(),
    ways: new Map(),
    unprobed: new Set(),
    isServed: false,
  };
}

/** Collects the entries and problems of a policy's monitors, by the names that the policy uses. */
class PolicyPlanBuilder {
  readonly dependsOn = new Set<PolicyId>();
  readonly #compiled: CompiledPolicy;
  readonly #names: readonly string[];
  readonly #collected = new Map<string, Collected>();
  readonly #problems = new Map<string, PlanProblem>();
  /** Frames that are not copied, with the monitor concerned. */
  readonly #unseen = new Map<string, string>();

  constructor(compiled: CompiledPolicy) {
    this.#compiled = compiled;
    this.#names = compiled.policy.monitors.map(formatParty);
  }

  add({ request, entries, countedPath, ways = [], unprobed = [] }: CopyEntries): void {
    const monitor = nameOf(request.monitor);
    const found = this.#of(monitor);
    for (const way of ways) found.ways.set(way.id, way);
    for (const why of unprobed) found.unprobed.add(why);
    if (countedPath !== undefined) addPath(found.countedPaths, countedPath);
    const { isIngress } = request.tap;
    for (const ref of entries) (isIngress ? found.ingress : found.entries).add(ref);
    if (!isIngress && entries.length > 0) {
      addOutlet(found.outlets, request);
      if (!request.isReserved) found.isServed = true;
    }
    if (request.selected !== undefined) this.dependsOn.add(request.selected.policy.id);
    if (request.blocker !== undefined) {
      const what = request.blocker(monitor);
      if (request.isUnseen) this.#unseen.set(what, monitor);
      else this.#problems.set(what, { blocks: "monitor", monitor, what });
    }
    if (request.caveat !== undefined) {
      const what = request.caveat(monitor);
      this.#problems.set(what, { blocks: "part", monitor, what });
    }
  }

  #of(monitor: string): Collected {
    const found = this.#collected.get(monitor) ?? nothingYet();
    this.#collected.set(monitor, found);
    return found;
  }

  *plan(network: TapNetwork, topology: Topology): Steps<PolicyPlan> {
    const { policy, taps, bridgeNeeds } = this.#compiled;
    const { patches, tunnels } = bridgeNeeds;
    const own = taps.filter(({ isIngress }) => !isIngress);
    const tapPoints = own.map(
      ({ place, role }) => `${describePlace(topology, place)} (${role}'s edge)`,
    );
    const copies: PlannedCopies[] = [];
    for (const monitor of this.#names) {
      copies.push(yield* plannedCopies(monitor, this.#of(monitor)));
    }
    const unseen = (yield* inOrder(this.#unseen)).flatMap(([what, monitor]) =>
      this.#of(monitor).isServed ? { monitor, what } : [],
    );
    return {
      id: policy.id,
      enabled: true,
      tapPoints: [...new Set(tapPoints)],
      taps: tappedPorts(own),
      ...(patches.length > 0 && { patches }),
      ...(tunnels.length > 0 && { tunnels }),
      copies,
      problems: yield* this.#allProblems(network),
      unseen,
    };
  }

  *#allProblems(network: TapNetwork): Steps<PlanProblem[]> {
    const all = new Map(this.#compiled.problems.map((problem) => [problem.what, problem]));
    for (const [what, problem] of yield* inOrder(this.#problems)) all.set(what, problem);
    for (const [what, monitor] of yield* inOrder(this.#unseen)) {
      if (!this.#of(monitor).isServed) all.set(what, { blocks: "monitor", monitor, what });
    }
    for (const monitor of this.#names) {
      if (this.#hasEntries(monitor) || explains(all.values(), monitor)) continue;
      const what = yield* missingCopyReasons(this.#compiled, monitor, network);
      if (what !== undefined) all.set(what, { blocks: "monitor", monitor, what });
    }
    return [...all.values()].map((problem) => this.#weighed(problem));
  }

  /** A problem with a part of the traffic blocks a monitor only if no other copies reach it. */
  #weighed(problem: PlanProblem): PlanProblem {
    const { blocks, monitor } = problem;
    const isPartial = blocks === "monitor" && monitor !== undefined && this.#hasEntries(monitor);
    return isPartial ? { ...problem, blocks: "part" } : problem;
  }

  #hasEntries(monitor: string): boolean {
    return this.#of(monitor).entries.size > 0;
  }
}

/** The ports of taps, each once for a direction: a policy has a tap for each of its filters. */
function tappedPorts(taps: readonly Tap[]): readonly TappedPort[] {
  const found = new Map<string, TappedPort>();
  for (const { place, role, edge } of taps) {
    const { dpid, port } = place;
    // `edge` is that of the sender or receiver of the frames; in the forward direction these are those of the policy.
    const direction = role === edge ? "forward" : "reverse";
    found.set(`${dpid} ${port} ${role} ${direction}`, { dpid, port, end: role, direction });
  }
  return [...found.values()];
}

/** In order of their texts, so that plans do not depend on the history of edits. */
function* plannedCopies(monitor: string, found: Collected): Steps<PlannedCopies> {
  const { entries, ingress, outlets, countedPaths, ways, unprobed } = found;
  return {
    monitor,
    entries: yield* sorted(entries, byText),
    ...(ingress.size === 0 ? {} : { ingress: yield* sorted(ingress, byText) }),
    outlets: yield* valuesInOrder(outlets),
    countedPaths: yield* valuesInOrder(countedPaths),
    ways: yield* valuesInOrder(ways),
    unprobed: [...unprobed].sort(),
  };
}

function addOutlet(known: Map<string, PortAt>, { tap, monitor }: CopyRequest): void {
  const { party, tunnelPort } = monitor;
  const { dpid, port } = party.tunnel ? { dpid: tap.dpid, port: tunnelPort } : monitor;
  if (typeof port === "number") known.set(`${dpid}/${port}`, { dpid, port });
}

/** Adds a path unless it is known. A path is exact for a policy if it is exact for one of its taps. */
function addPath(known: Map<string, CountedPath>, path: CountedPath): void {
  const id = `${path.source} ${path.mark} ${path.sink}`;
  if (path.exact || !known.has(id)) known.set(id, path);
}

/** Sorted, so that the order does not depend on the history of edits. */
function inOrder<T>(found: ReadonlyMap<string, T>): Steps<[string, T][]> {
  return sorted(found, ([a], [b]) => byText(a, b));
}

function* valuesInOrder<T>(found: ReadonlyMap<string, T>): Steps<T[]> {
  return (yield* inOrder(found)).map(([, value]) => value);
}

function byText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** Whether one of the problems explains why a monitor gets no copies. */
function explains(problems: Iterable<PlanProblem>, monitor: string): boolean {
  for (const { blocks, monitor: whose } of problems) {
    if (whose === monitor || (blocks === "policy" && whose === undefined)) return true;
  }
  return false;
}
