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

/** What explainSteps a frame asks of the controller. */
export interface ExplainDeps {
  readonly topology: Topology;
  /** Every entry wanted on a switch. */
  readonly desired: (dpid: Dpid) => readonly FlowSpec[];
  readonly entryState: (ref: EntryRef) => EntryState;
  /** The policies as they are in effect: one that is suspended is not enabled. */
  readonly policies: Iterable<Policy>;
  readonly status: (policy: Policy) => PolicyStatus;
  readonly plan: (policy: Policy) => PolicyPlan | undefined;
}

/** Policies that do not match and are listed all the same, those that come nearest. */
const MOST_NEAR_MISSES = 20;

/**
 * What becomes of a frame: the wanted tables run on simulated switches, beside what the policies mean
 * by the reference semantics. Says so where the two disagree.
 */
export function explainFrame(...question: Parameters<typeof explainSteps>): Explanation {
  const steps = explainSteps(...question);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** The same, a policy a step. The deps must not change in between. */
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
  // Only a policy that matches owes anybody a copy.
  const policies = matching.map(({ policy }) => policy);
  const owed = monitorsOwed(policies, topology, way, fields);
  const claims = settle(outcome, at, owed, {
    topology,
    mayBeMore: (key) => matching.some((each) => hasRemark(each, key, deps)),
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

/** What another application does with originals, as far as anybody can guess. */
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

/** Policies that match, then those that come nearest; or those asked for. */
function toList(all: readonly Judged[], listed: readonly string[] | undefined): Judged[] {
  if (listed !== undefined) return all.filter(({ policy }) => listed.includes(policy.id));
  const matching = all.filter(({ verdict }) => verdict.matches);
  const byProgress = new Map<number, Judged[]>();
  for (const each of all) {
    const { matches, progress } = each.verdict;
    if (matches) continue;
    const alike = byProgress.get(progress) ?? [];
    byProgress.set(progress, alike);
    if (alike.length < MOST_NEAR_MISSES) alike.push(each);
  }
  const nearest = [...byProgress].sort(([a], [b]) => b - a).flatMap(([, alike]) => alike);
  return [...matching, ...nearest.slice(0, MOST_NEAR_MISSES)];
}

function explained(
  { policy, verdict }: Judged,
  served: ReadonlySet<string>,
  deps: ExplainDeps,
): ExplainedPolicy {
  const { id, matches } = verdict;
  const status = deps.status(policy);
  // One that is suspended is compiled as if it were disabled: its status tells the difference.
  const reason = policy.enabled ? verdict.reason : (status.reasons[0] ?? verdict.reason);
  const monitors = verdict.monitors.map(({ monitor, key, owed, reason: why }) => {
    const copied = owed && key !== undefined && served.has(key);
    if (copied) return { monitor, copied };
    const because = why ?? problemOf(deps.plan(policy), monitor);
    if (because === undefined && owed) return { monitor, copied };
    return { monitor, copied, reason: because ?? "it is not owed one" };
  });
  return { id, state: status.state, matches, ...(reason ? { reason } : {}), monitors };
}

/** Why a policy's plan makes no copies, or not all, for a monitor. */
function problemOf(plan: PolicyPlan | undefined, name: string): string | undefined {
  return plan?.problems.find(({ monitor }) => monitor === undefined || monitor === name)?.what;
}

/** Whether a policy's plan says that something is not as it asks for the copies of one of its monitors. */
function hasRemark({ policy, verdict }: Judged, key: string, deps: ExplainDeps): boolean {
  return verdict.monitors.some(
    (each) =>
      each.owed && each.key === key && problemOf(deps.plan(policy), each.monitor) !== undefined,
  );
}

/** A copy that arrived, and whose it is; no key: nobody's. */
interface Claim {
  readonly copy: Delivery;
  readonly key: string | undefined;
  readonly isAsAsked: boolean;
}

interface Settling {
  readonly topology: Topology;
  /** Whether it is known, and part of a policy's status, that a monitor may get more of a frame. */
  readonly mayBeMore: (key: string) => boolean;
}

/** Finds for each copy the monitor it is owed to; each is owed one. */
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
    if (found === undefined) return [{ copy, key: undefined, isAsAsked: false }];
    const [key, { treatment }] = found;
    open.delete(key);
    const asked = hex(at.bytes.subarray(0, treatment.truncate ?? at.bytes.length));
    const got = hex(copy.bytes);
    const isMore = got.startsWith(asked) && hex(at.bytes).startsWith(got) && mayBeMore(key);
    return [{ copy, key, isAsAsked: got === asked || isMore }];
  });
}

function copiesOf(
  { visits }: Outcome,
  claims: readonly Claim[],
  verdicts: readonly Judged[],
  topology: Topology,
): ArrivedCopy[] {
  return claims.map(({ copy, key, isAsAsked }) => {
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
      bitExact: isAsAsked,
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

/** Holds what the tables do against what the policies mean. */
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
    if (claims[index]?.key === undefined) problems.push(`a copy too many comes to ${place}`);
    else if (!claims[index]?.isAsAsked) problems.push(`the copy at ${place} is altered`);
  });
  for (const { policy, verdict } of verdicts) {
    for (const { monitor, key, owed: isOwed } of verdict.monitors) {
      if (!isOwed || key === undefined || arrived.has(key)) continue;
      // What cannot be put into effect is part of the policy's status: known, and no disagreement.
      if (problemOf(deps.plan(policy), monitor) !== undefined) continue;
      problems.push(`policy ${policy.id} owes monitor ${monitor} a copy that does not come`);
    }
  }
  return { ok: problems.length === 0, problems };
}

function assumptions({ visits }: Outcome, topology: Topology): string[] {
  const told = new Set<string>();
  for (const { dpid, role } of visits) {
    const found = topology.switches.get(dpid);
    if (role !== "original" || found === undefined || found.forwarding === "paths") continue;
    told.add(
      found.forwarding === "normal"
        ? `${found.name} forwards by its own learning: taken to know where all known hosts are`
        : `another application forwards on ${found.name} from table ${found.forwarding.table} on: taken to do what a switch does that knows where all known hosts are`,
    );
  }
  return [...told];
}

/** Where the switch chooses by the flow's hash, which only it knows. */
function choices(wanting: readonly Policy[]): string[] {
  const told: string[] = [];
  if (wanting.some((policy) => treatmentOf(policy).sample !== undefined)) {
    told.push("the flow is taken to be one of those that are sampled");
  }
  if (wanting.some(({ monitors }) => monitors.some(({ set }) => set !== undefined))) {
    told.push("of balanced monitors the first one is taken to get this flow");
  }
  return told;
}

/** A port with the hosts known there. */
export function portView(
  topology: Topology,
  { dpid, port }: { readonly dpid: Dpid; readonly port: PortNo },
): ExplainedPort {
  const hosts = topology.macsAt(dpid, port).flatMap((mac) => topology.hostByMac(mac) ?? []);
  const name = topology.switches.get(dpid)?.name ?? dpid;
  return { switch: name, dpid, port, hosts: hosts.map(hostText) };
}
