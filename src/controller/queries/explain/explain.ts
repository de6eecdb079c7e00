import type {
  ArrivedCopy,
  ExplainedHop,
  ExplainedPolicy,
  ExplainedPort,
  Explanation,
} from "../../../contract/explain.ts";
import type { PolicyStatus } from "../../../contract/policies.ts";
import type { EntryRef, FlowSpec } from "../../../flow-model/index.ts";
import { output, Port } from "../../../openflow/index.ts";
import { frameFields } from "../../../packet/index.ts";
import {
  explainMatch,
  frameText,
  monitorsOwed,
  type OwedCopy,
  type Policy,
  type PolicyMatch,
  type PolicyPlan,
  portOf,
  treatmentOf,
} from "../../../policy/index.ts";
import {
  bridgeThatLearned,
  type Delivery,
  type FrameAt,
  type Outcome,
  SimulatedNetwork,
} from "../../../simulation/index.ts";
import type { Dpid, PortNo, Switch, Topology } from "../../../topology/index.ts";
import type { EntryState } from "../../status/policy-status.ts";
import { hostText } from "./frame-input.ts";
import { hex, hopsView } from "./hops.ts";

/** The state of the controller that explaining a frame reads. */
export interface ExplainDeps {
  readonly topology: Topology;
  /** Every entry desired on a switch. */
  readonly desired: (dpid: Dpid) => readonly FlowSpec[];
  readonly entryState: (ref: EntryRef) => EntryState;
  /** The policies as they are in effect: a suspended one is disabled. */
  readonly policies: Iterable<Policy>;
  readonly status: (policy: Policy) => PolicyStatus;
  readonly plan: (policy: Policy) => PolicyPlan | undefined;
}

/** Maximum number of listed policies that do not match: those that come nearest. */
const MAX_NEAR_MISSES = 20;

/**
 * What the network does with a frame: runs the desired tables on simulated switches, compares the result
 * with the reference semantics of the policies, and reports where the two disagree.
 */
export function explainFrame(...question: Parameters<typeof explainSteps>): Explanation {
  const steps = explainSteps(...question);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** As `explainFrame`, one policy per step. The dependencies must not change in between. */
export function* explainSteps(
  at: FrameAt,
  deps: ExplainDeps,
  listed?: readonly string[],
): Generator<undefined, Explanation> {
  const { topology } = deps;
  const outcome = new SimulatedNetwork({
    topology,
    tables: (dpid) => [...deps.desired(dpid), ...assumedTables(topology.switches.get(dpid))],
    bridge: bridgeThatLearned(topology),
  }).send(at);
  const fields = frameFields(at.bytes) ?? {};
  const way = outcome.visits.filter(({ role }) => role === "original");
  yield;
  const verdicts: Judged[] = [];
  for (const policy of deps.policies) {
    verdicts.push({ policy, verdict: explainMatch(policy, topology, way, fields) });
    yield;
  }
  const matching = verdicts.filter(({ verdict }) => verdict.matches);
  // Only a policy that matches owes copies.
  const policies = matching.map(({ policy }) => policy);
  const owed = monitorsOwed(policies, topology, way, fields);
  const claims = settle(outcome, at, owed, {
    topology,
    mayBeMore: (key) => matching.some((each) => hasProblem(each, key, deps)),
  });
  const copies = copiesOf(outcome, claims, matching, topology);
  const hops = hopsView(outcome, deps);
  const served = new Set(claims.flatMap(({ key }) => key ?? []));
  const shown = toList(verdicts, listed);
  return {
    frame: hex(at.bytes),
    fields: frameText(fields),
    at: portView(topology, at),
    policies: shown.map((each) => explained(each, served, deps)),
    unlistedPolicies: verdicts.length - shown.length,
    hops,
    originals: outcome.delivered
      .filter(({ role }) => role === "original")
      .map((each) => portView(topology, each)),
    copies,
    installed: installedState(hops),
    agreement: agreement(claims, copies, matching, deps),
    assumptions: [...assumptions(outcome, topology), ...choices(policies)],
  };
}

/** What another application is assumed to do with originals. */
function assumedTables(found: Switch | undefined): FlowSpec[] {
  if (found === undefined || typeof found.forwarding === "string") return [];
  const actions = [output(Port.Normal)];
  const { table } = found.forwarding;
  return [{ table, priority: 0, match: [], category: "forwarding", actions }];
}

interface Judged {
  readonly policy: Policy;
  readonly verdict: PolicyMatch;
}

/** The policies that match, then those that come nearest; or the requested ones. */
function toList(all: readonly Judged[], listed: readonly string[] | undefined): Judged[] {
  if (listed !== undefined) return all.filter(({ policy }) => listed.includes(policy.id));
  const matching = all.filter(({ verdict }) => verdict.matches);
  const byProgress = new Map<number, Judged[]>();
  for (const each of all) {
    const { matches, progress } = each.verdict;
    if (matches) continue;
    const alike = byProgress.get(progress) ?? [];
    byProgress.set(progress, alike);
    if (alike.length < MAX_NEAR_MISSES) alike.push(each);
  }
  const nearest = [...byProgress].sort(([a], [b]) => b - a).flatMap(([, alike]) => alike);
  return [...matching, ...nearest.slice(0, MAX_NEAR_MISSES)];
}

function explained(
  { policy, verdict }: Judged,
  served: ReadonlySet<string>,
  deps: ExplainDeps,
): ExplainedPolicy {
  const { id, matches } = verdict;
  const status = deps.status(policy);
  // A suspended policy is compiled as a disabled one; only its status tells the two apart.
  const reason = policy.enabled ? verdict.reason : (status.reasons[0] ?? verdict.reason);
  const monitors = verdict.monitors.map(({ monitor, key, owed, reason: why }) => {
    const copied = owed && key !== undefined && served.has(key);
    if (copied) return { monitor, copied };
    const because = why ?? problemOf(deps.plan(policy), monitor);
    if (because === undefined && owed) return { monitor, copied };
    return { monitor, copied, reason: because ?? "the policy owes it no copy" };
  });
  return { id, state: status.state, matches, ...(reason ? { reason } : {}), monitors };
}

/** Why a policy's plan makes no or not all copies for a monitor. */
function problemOf(plan: PolicyPlan | undefined, name: string): string | undefined {
  return plan?.problems.find(({ monitor }) => monitor === undefined || monitor === name)?.what;
}

/** Whether a policy's plan reports a problem with the copies for one of its monitors. */
function hasProblem({ policy, verdict }: Judged, key: string, deps: ExplainDeps): boolean {
  return verdict.monitors.some(
    (each) =>
      each.owed && each.key === key && problemOf(deps.plan(policy), each.monitor) !== undefined,
  );
}

/** A copy that arrived, and the monitor it is for; no key: no policy owes it. */
interface Claim {
  readonly copy: Delivery;
  readonly key: string | undefined;
  readonly isAsRequested: boolean;
}

interface Settling {
  readonly topology: Topology;
  /** Whether a policy's status reports that a monitor may receive more of a frame than requested. */
  readonly mayBeMore: (key: string) => boolean;
}

/** Finds the monitor that each copy is owed to; each monitor is owed one copy. */
function settle(
  { delivered }: Outcome,
  at: FrameAt,
  owed: ReadonlyMap<string, OwedCopy>,
  { topology, mayBeMore }: Settling,
): Claim[] {
  const open = new Map(owed);
  return delivered.flatMap((copy): Claim[] => {
    if (copy.role !== "copy") return [];
    const found = [...open].find(([key, { monitor }]) => {
      const { tunnel } = monitor.party;
      return tunnel === undefined
        ? key === `${copy.dpid}/${copy.port}`
        : portOf(topology, copy.dpid, tunnel.port) === copy.port;
    });
    if (found === undefined) return [{ copy, key: undefined, isAsRequested: false }];
    const [key, { treatment }] = found;
    open.delete(key);
    const requested = hex(at.bytes.subarray(0, treatment.truncate ?? at.bytes.length));
    const got = hex(copy.bytes);
    const isMore = got.startsWith(requested) && hex(at.bytes).startsWith(got) && mayBeMore(key);
    return [{ copy, key, isAsRequested: got === requested || isMore }];
  });
}

function copiesOf(
  { visits }: Outcome,
  claims: readonly Claim[],
  verdicts: readonly Judged[],
  topology: Topology,
): ArrivedCopy[] {
  return claims.map(({ copy, key, isAsRequested }) => {
    const wanting = verdicts.filter(({ verdict }) =>
      verdict.monitors.some((each) => each.owed && each.key === key),
    );
    const way: number[] = [];
    for (let hop: number | undefined = copy.from; hop !== undefined; hop = visits[hop]?.from) {
      way.unshift(hop);
    }
    return {
      ...portView(topology, copy),
      policies: wanting.map(({ policy }) => policy.id),
      frame: hex(copy.bytes),
      bitExact: isAsRequested,
      mayDrop: copy.mayDrop,
      way,
    };
  });
}

function installedState(hops: readonly ExplainedHop[]): Explanation["installed"] {
  const open = hops.flatMap(({ switch: name, rules }) =>
    rules
      .filter(({ state }) => state !== "confirmed")
      .map((rule) => ({ name, ...rule, text: `priority=${rule.priority},${rule.match}` })),
  );
  const reasons = open.map(({ name, state, text, detail }) =>
    state === "refused"
      ? `switch ${name} refused ${text}: ${detail}`
      : `switch ${name} has not confirmed ${text}`,
  );
  const refused = open.some(({ state }) => state === "refused");
  const state = refused ? "refused" : open.length > 0 ? "pending" : "confirmed";
  return { state, reasons: [...new Set(reasons)] };
}

/** Compares what the tables do with what the policies mean. */
function agreement(
  claims: readonly Claim[],
  copies: readonly ArrivedCopy[],
  verdicts: readonly Judged[],
  deps: ExplainDeps,
): Explanation["agreement"] {
  const problems: string[] = [];
  const arrived = new Set(claims.flatMap(({ key }) => key ?? []));
  copies.forEach(({ switch: name, port }, index) => {
    const place = `${name} port ${port}`;
    if (claims[index]?.key === undefined) problems.push(`an extra copy arrives at ${place}`);
    else if (!claims[index]?.isAsRequested) problems.push(`the copy at ${place} is altered`);
  });
  for (const { policy, verdict } of verdicts) {
    for (const { monitor, key, owed: isOwed } of verdict.monitors) {
      if (!isOwed || key === undefined || arrived.has(key)) continue;
      // What cannot be put into effect is part of the policy's status, not a disagreement.
      if (problemOf(deps.plan(policy), monitor) !== undefined) continue;
      problems.push(`policy ${policy.id} owes monitor ${monitor} a copy that does not arrive`);
    }
  }
  return { ok: problems.length === 0, problems };
}

function assumptions({ visits }: Outcome, topology: Topology): string[] {
  const texts = new Set<string>();
  for (const { dpid, role } of visits) {
    const found = topology.switches.get(dpid);
    if (role !== "original" || found === undefined || found.forwarding === "paths") continue;
    texts.add(
      found.forwarding === "normal"
        ? `${found.name} forwards by its own learning: assumed to know the location of every known host`
        : `another application forwards on ${found.name} from table ${found.forwarding.table} on: assumed to act as a switch that knows the location of every known host`,
    );
  }
  return [...texts];
}

/** Assumptions where the switch selects by the hash of the flow, which only the switch knows. */
function choices(wanting: readonly Policy[]): string[] {
  const texts: string[] = [];
  if (wanting.some((policy) => treatmentOf(policy).sample !== undefined)) {
    texts.push("the flow is assumed to be one of those that are sampled");
  }
  if (wanting.some(({ monitors }) => monitors.some(({ set }) => set !== undefined))) {
    texts.push("the first of balanced monitors is assumed to receive this flow");
  }
  return texts;
}

/** A port with the hosts known at it. */
export function portView(
  topology: Topology,
  { dpid, port }: { readonly dpid: Dpid; readonly port: PortNo },
): ExplainedPort {
  const hosts = topology.macsAt(dpid, port).flatMap((mac) => topology.hostByMac(mac) ?? []);
  const name = topology.switches.get(dpid)?.name ?? dpid;
  return { switch: name, dpid, port, hosts: hosts.map(hostText) };
}
