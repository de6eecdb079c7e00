// SPDX-License-Identifier: Apache-2.0
import type { AppliedHosts } from "../../contract/hosts.ts";
import type { Rejection } from "../../contract/rejection.ts";
import type { Steps } from "../../lang/steps.ts";
import { YieldTimer } from "../../runtime/index.ts";
import {
  type HostConfig,
  type JsonProblem,
  parseHost,
  SwitchNames,
  type TopologyState,
} from "../../topology/index.ts";
import { documentProblems } from "../policies/policy-writes.ts";

/** A host document: JSON as the user wrote it. */
export type HostJson = Readonly<Record<string, unknown>>;

export type ParsedHost =
  | { readonly ok: true; readonly host: HostConfig }
  | { readonly ok: false; readonly problems: readonly JsonProblem[] };

/** The changes that a set of hosts makes. */
export interface HostSet {
  readonly changed: readonly { readonly host: HostConfig; readonly document: HostJson }[];
  /** MAC addresses. */
  readonly removed: readonly number[];
  readonly counts: AppliedHosts;
}

type ReadHostSet =
  | { readonly ok: true; readonly value: HostSet }
  | { readonly ok: false; readonly rejection: Rejection };

/** Reading stops when a set has this many problems. */
const MAX_PROBLEMS = 100;

/** The names of the switches that hosts may be attached to. */
export function switchNames({ topology }: TopologyState): SwitchNames {
  return new SwitchNames([...topology.switches.values()].filter((found) => found.programmed));
}

export function parsedHost(document: unknown, switches: SwitchNames): ParsedHost {
  const parsed = parseHost(document, switches);
  return parsed.ok ? { ok: true, host: parsed.value } : { ok: false, problems: parsed.problems };
}

/** A host of a set, with its place in the set. */
type Member = HostSet["changed"][number] & { readonly at: number };

/**
 * Reads a set of hosts, in slices of the event loop, and checks it against the network and itself. Each
 * problem names its host by the place in the set.
 */
export async function readHostSet(
  set: readonly unknown[],
  before: TopologyState,
  { prune }: { readonly prune: boolean },
): Promise<ReadHostSet> {
  const members = new Map<number, Member>();
  const names = switchNames(before);
  const invalid = await problemsOf(set.entries(), ([at, document]) => {
    const parsed = parsedHost(document, names);
    if (!parsed.ok) return placed(parsed.problems, at);
    const { host } = parsed;
    const first = members.get(host.mac);
    if (first) return placed([duplicateOf(first)], at);
    members.set(host.mac, { host, document: document as HostJson, at });
    return [];
  });
  if (invalid.length > 0) return rejected("invalid", invalid);
  const removed = prune ? [...before.addedHosts()].filter((mac) => !members.has(mac)) : [];
  const changed = [...members.values()].filter(
    ({ host }) => !isSame(before.addedHost(host.mac), host),
  );
  const conflicts = await conflictsOf(changed, without(before, [...removed, ...macsOf(changed)]));
  if (conflicts.length > 0) return rejected("conflict", conflicts);
  const replaced = changed.filter(({ host }) => before.addedHost(host.mac)).length;
  const counts = {
    created: changed.length - replaced,
    replaced,
    unchanged: members.size - changed.length,
    deleted: removed.length,
  };
  return { ok: true, value: { changed, removed, counts } };
}

/** `free`: a state without the hosts of the set, whose names are free for others of it. */
function conflictsOf(members: readonly Member[], free: TopologyState): Promise<JsonProblem[]> {
  let state = free;
  return problemsOf(members, ({ host, at }) => {
    const change = state.addHost(host);
    if (!change.ok) return placed(change.problems, at);
    state = change.state;
    return [];
  });
}

/** The problems of items, in slices of the event loop; `MAX_PROBLEMS` end the work. */
async function problemsOf<T>(
  items: Iterable<T>,
  check: (item: T) => readonly JsonProblem[],
): Promise<JsonProblem[]> {
  const yields = new YieldTimer();
  const problems: JsonProblem[] = [];
  for (const item of items) {
    if (yields.shouldYield) await yields.yieldNow();
    problems.push(...check(item));
    if (problems.length >= MAX_PROBLEMS) break;
  }
  return problems;
}

/** The state with a set applied, and its topology; hosts that the network no longer admits are left out. */
export function* applying(
  before: TopologyState,
  { changed, removed }: HostSet,
): Steps<TopologyState> {
  let state = without(before, [...removed, ...macsOf(changed)]);
  for (const { host } of changed) {
    yield;
    const change = state.addHost(host);
    if (change.ok) state = change.state;
  }
  yield* state.building();
  return state;
}

function macsOf(changed: HostSet["changed"]): number[] {
  return changed.map(({ host }) => host.mac);
}

function without(before: TopologyState, macs: readonly number[]): TopologyState {
  let state = before;
  for (const mac of macs) {
    const change = state.removeHost(mac);
    if (change.ok) state = change.state;
  }
  return state;
}

function isSame(x: HostConfig | undefined, y: HostConfig): boolean {
  return x !== undefined && textOf(x) === textOf(y);
}

function textOf({ name, ips, dpid, port, role, sharedPort, project }: HostConfig): string {
  const addresses = ips.map(({ family, value }) => `${family} ${value}`);
  return JSON.stringify([name, addresses, dpid, port, role, sharedPort, project]);
}

function placed(problems: readonly JsonProblem[], at: number): JsonProblem[] {
  return problems.map((problem) => ({ ...problem, path: ["hosts", at, ...problem.path] }));
}

function duplicateOf({ at }: Member): JsonProblem {
  const what = `the host at /hosts/${at} has this MAC address, too`;
  return { path: ["mac"], what, remedy: "give each host once" };
}

function rejected(type: "invalid" | "conflict", problems: readonly JsonProblem[]): ReadHostSet {
  return { ok: false, rejection: { type, problems: documentProblems(problems) } };
}
