// SPDX-License-Identifier: Apache-2.0
import {
  type Metric,
  type MetricRow,
  type MetricSample,
  readMetric,
} from "../../contract/metrics.ts";
import type { PolicyState } from "../../contract/policies.ts";
import type { ProjectView } from "../../contract/projects/project-view.ts";
import type { Counters, PolicyCounters } from "../../counters/index.ts";
import type { Steps } from "../../lang/steps.ts";
import type { Reconciler } from "../../reconcile/index.ts";
import { completeInSlices } from "../../runtime/index.ts";
import type { Host, Switch, Topology } from "../../topology/index.ts";
import type { PolicyHealthTracker } from "../health/policy-health-tracker.ts";
import type { OverriddenRules } from "../overrides/overridden-rules.ts";
import { idOf, type KnownPolicy, type PolicyRegistry } from "../policies/policy-registry.ts";
import { walkPolicies } from "../policies/walk-policies.ts";

/** The parts of a controller that metrics are read from. */
export interface MetricsDeps {
  readonly registry: PolicyRegistry;
  readonly statusTracker: { readonly counts: Readonly<Record<PolicyState, number>> };
  readonly suspension: {
    readonly isSuspended: boolean;
    /** The projects whose taps are suspended, apart from those of all. */
    readonly suspendedProjects: Iterable<string>;
  };
  readonly desired: { readonly isNetworkCompiled: boolean };
  /** Announces changes of the network. */
  readonly updates: { readonly isIdle: boolean };
  readonly network: { readonly topology: Topology };
  readonly reconciler: Pick<Reconciler, "progress" | "countingProgress">;
  readonly overrides: Pick<OverriddenRules, "view">;
  readonly counters: Pick<Counters, "guardedFrames">;
  readonly learning: { readonly refused: number };
  readonly health: Pick<PolicyHealthTracker, "counts" | "probeCounts">;
  readonly listener: { readonly rejected: number };
  readonly storage: { readonly state: { readonly state: "working" | "failing" } };
  readonly audit: { readonly appended: number; readonly headSequence: number };
}

type Progress = ReturnType<Reconciler["progress"]>;

/** What the rows read: the parts, and what is collected from them once for several rows. */
export interface MetricsSource {
  readonly projects: readonly ProjectView[];
  readonly parts: MetricsDeps;
  readonly policyCounters: readonly (readonly [id: string, counters: PolicyCounters])[];
  readonly switches: readonly (readonly [found: Switch, progress: Progress])[];
}

/** Metrics of the controller, prefixed `openvtap_`: add a row to add one. */
export const CONTROLLER_METRICS: readonly MetricRow<MetricsSource>[] = [
  {
    name: "policy_copied_packets_total",
    help: "Copies made for a policy.",
    type: "counter",
    unit: "packets",
    labels: ["policy"],
    read: perPolicy(({ copied }) => copied.packets),
  },
  {
    name: "policy_copied_bytes_total",
    help: "Bytes of the copies made for a policy.",
    type: "counter",
    unit: "bytes",
    labels: ["policy"],
    read: perPolicy(({ copied }) => copied.bytes),
  },
  {
    name: "policy_delivered_packets_total",
    help: "Copies that arrived at a policy's monitors.",
    type: "counter",
    unit: "packets",
    labels: ["policy"],
    read: perPolicy(({ delivered }) => delivered.packets),
  },
  {
    name: "policy_delivered_bytes_total",
    help: "Bytes of the copies that arrived at a policy's monitors.",
    type: "counter",
    unit: "bytes",
    labels: ["policy"],
    read: perPolicy(({ delivered }) => delivered.bytes),
  },
  {
    name: "policy_lost_packets_total",
    help: "Copies of a policy that are known to be lost.",
    type: "counter",
    unit: "packets",
    labels: ["policy"],
    read: perPolicy(({ lost }) => lost),
  },
  {
    name: "policies",
    help: "TAP policies by state.",
    type: "gauge",
    labels: ["state"],
    read: ({ parts }) => byLabel("state", policyCounts(parts).byState),
  },
  {
    name: "policies_health",
    help: "TAP policies by health: whether their copies arrive.",
    type: "gauge",
    labels: ["state"],
    read: ({ parts }) => byLabel("state", healthCounts(parts)),
  },
  {
    name: "path_probes_total",
    help: "Probes sent along the ways of copies since the start.",
    type: "counter",
    read: ({ parts }) => [{ value: parts.health.probeCounts.sent }],
  },
  {
    name: "path_probes_lost_total",
    help: "Probes that were lost on the ways of copies since the start.",
    type: "counter",
    read: ({ parts }) => [{ value: parts.health.probeCounts.lost }],
  },
  {
    name: "path_probes_rejected_total",
    help: "Frames that switches caught as probes of ways and that OpenVTAP did not wait for: late, replayed or forged.",
    type: "counter",
    read: ({ parts }) => [{ value: parts.health.probeCounts.rejected }],
  },
  {
    name: "taps_suspended",
    help: "1 while all taps are suspended.",
    type: "gauge",
    read: ({ parts }) => [{ value: parts.suspension.isSuspended ? 1 : 0 }],
  },
  {
    name: "project_quota_used",
    help: "What a project uses of a quota; rules: on the switch where it has most; kbps: what its copies take, before meters drop any.",
    type: "gauge",
    labels: ["project", "quota"],
    read: perQuota(({ used }) => used),
  },
  {
    name: "project_quota_limit",
    help: "The quota of a project.",
    type: "gauge",
    labels: ["project", "quota"],
    read: perQuota(({ limit }) => limit),
  },
  {
    name: "project_policies_held",
    help: "Policies of a project that are not in effect because of a quota.",
    type: "gauge",
    labels: ["project"],
    read: ({ projects }) =>
      projects.map(({ project, held }) => ({ labels: { project }, value: held })),
  },
  {
    name: "project_taps_suspended",
    help: "1: the taps of a project are suspended; no sample: they are not, apart from all taps.",
    type: "gauge",
    labels: ["project"],
    read: ({ parts }) =>
      Array.from(parts.suspension.suspendedProjects, (project) => ({
        labels: { project },
        value: 1,
      })),
  },
  {
    name: "storage_failing",
    help: "1 while writes to disk fail.",
    type: "gauge",
    read: ({ parts }) => [{ value: parts.storage.state.state === "failing" ? 1 : 0 }],
  },
  {
    name: "audit_records_total",
    help: "Records appended to the audit since the start.",
    type: "counter",
    read: ({ parts }) => [{ value: parts.audit.appended }],
  },
  {
    name: "audit_head_sequence",
    help: "Sequence number of the last record of the audit; it never falls.",
    type: "gauge",
    read: ({ parts }) => [{ value: parts.audit.headSequence }],
  },
  {
    name: "switch_connected",
    help: "Whether a switch has an OpenFlow session.",
    type: "gauge",
    labels: ["dpid", "switch"],
    read: perSwitch(({ connected }) => [{ value: connected ? 1 : 0 }]),
  },
  {
    name: "openflow_refused_total",
    help: "Rejected OpenFlow connections since the start.",
    type: "counter",
    read: ({ parts }) => [{ value: parts.listener.rejected }],
  },
  {
    name: "network_uncompiled",
    help: "1: a change of the network is not compiled yet; the pending entries of switches do not contain it.",
    type: "gauge",
    read: ({ parts }) => [
      { value: parts.desired.isNetworkCompiled && parts.updates.isIdle ? 0 : 1 },
    ],
  },
  {
    name: "switch_pending_entries",
    help: "Entries that a switch still has to install, change or remove.",
    type: "gauge",
    labels: ["dpid", "switch"],
    read: perSwitch((_, progress) => (progress ? [{ value: progress.pending }] : [])),
  },
  {
    name: "switch_refused_entries",
    help: "Entries that a switch refused.",
    type: "gauge",
    labels: ["dpid", "switch"],
    read: perSwitch((_, progress) => (progress ? [{ value: progress.refused }] : [])),
  },
  {
    name: "switch_overriding_entries",
    help: "Entries of other applications that take frames before rules for taps.",
    type: "gauge",
    labels: ["dpid", "switch"],
    read: perSwitch(({ dpid }, _, { overrides }) => [{ value: overrides.view(dpid).count }]),
  },
  {
    name: "switch_mods_sent_total",
    help: "Flow-mods and group-mods sent since the start.",
    type: "counter",
    labels: ["dpid", "switch"],
    read: perSwitch((_, progress) => (progress ? [{ value: progress.modsSent }] : [])),
  },
  {
    name: "switch_repairs_total",
    help: "Repairs since the start of entries that something else had changed, by what found it.",
    type: "counter",
    labels: ["dpid", "switch", "by"],
    read: perSwitch((_, progress) => (progress ? byLabel("by", progress.repairs) : [])),
  },
  {
    name: "switch_forged_frames_total",
    help: "Frames that look like copies and that guards have dropped since the start.",
    type: "counter",
    labels: ["dpid", "switch"],
    read: perSwitch(({ dpid }, _, { counters }) => [{ value: counters.guardedFrames(dpid) }]),
  },
  {
    name: "hosts",
    help: "Known hosts by origin.",
    type: "gauge",
    labels: ["origin"],
    read: ({ parts }) => {
      const counts: Record<Host["origin"], number> = { file: 0, api: 0, ovsdb: 0, learned: 0 };
      for (const { origin } of parts.network.topology.hosts.values()) counts[origin]++;
      return byLabel("origin", counts);
    },
  },
  {
    name: "hosts_refused_total",
    help: "Frames of new hosts that were not learned because their port brought too many.",
    type: "counter",
    read: ({ parts }) => [{ value: parts.learning.refused }],
  },
];

/** Reads every row of the table. */
export async function metrics(
  parts: MetricsDeps,
  {
    projects,
    countersOf,
  }: {
    readonly projects: readonly ProjectView[];
    readonly countersOf: (known: KnownPolicy) => PolicyCounters;
  },
): Promise<readonly Metric[]> {
  const policyCounters: (readonly [string, PolicyCounters])[] = [];
  await walkPolicies(parts.registry, undefined, (known) => {
    policyCounters.push([idOf(known), countersOf(known)]);
    return false;
  });
  const switches = await completeInSlices(progressOfAll(parts));
  const source: MetricsSource = { parts, projects, policyCounters, switches };
  return CONTROLLER_METRICS.map((row) => readMetric(row, source));
}

function* progressOfAll({
  network,
  reconciler,
}: Pick<MetricsDeps, "network" | "reconciler">): Steps<MetricsSource["switches"]> {
  const found: (readonly [Switch, Progress])[] = [];
  for (const each of [...network.topology.switches.values()]) {
    found.push([each, yield* reconciler.countingProgress(each.dpid)]);
  }
  return found;
}

/** The number of policies, in total and by state. An invalid policy counts as one in error. */
export function policyCounts({
  registry,
  statusTracker,
}: Pick<MetricsDeps, "registry" | "statusTracker">) {
  const { size, invalid } = registry;
  const { counts } = statusTracker;
  return { total: size + invalid, byState: { ...counts, error: counts.error + invalid } };
}

/** The number of policies by health; one whose health was never known counts as unknown. */
function healthCounts({ registry, health }: Pick<MetricsDeps, "registry" | "health">) {
  const { size, invalid } = registry;
  const { counts } = health;
  const { healthy, degraded, failing } = counts;
  const known = healthy + degraded + failing;
  return { ...counts, failing: failing + invalid, unknown: Math.max(0, size - known) };
}

type Read = MetricRow<MetricsSource>["read"];

function perPolicy(amountOf: (counters: PolicyCounters) => number): Read {
  // Made one by one while they are written: there are as many as policies.
  return ({ policyCounters }) => ({
    *[Symbol.iterator]() {
      for (const [policy, counters] of policyCounters) {
        yield { labels: { policy }, value: amountOf(counters) };
      }
    },
  });
}

/** Samples of every quota of every project that is limited, or whose use is known. */
function perQuota(
  amountOf: (quota: {
    readonly used?: number | undefined;
    readonly limit?: number | undefined;
  }) => number | undefined,
): Read {
  return ({ projects }) =>
    projects.flatMap(({ project, policies, monitors, rules, kbps, requestsPerSecond }) => {
      const bandwidth = { used: kbps.measured ?? undefined, limit: kbps.limit };
      const quotas = { policies, monitors, ...(rules && { rules }), kbps: bandwidth };
      return Object.entries({ ...quotas, requestsPerSecond }).flatMap(([quota, each]) => {
        const value = amountOf(each);
        return value === undefined ? [] : [{ labels: { project, quota }, value }];
      });
    });
}

/** Samples of every switch, labelled with it. `progress` is undefined for a switch without entries. */
function perSwitch(
  samplesOf: (found: Switch, progress: Progress, parts: MetricsDeps) => readonly MetricSample[],
): Read {
  return ({ parts, switches }) =>
    switches.flatMap(([found, progress]) =>
      samplesOf(found, progress, parts).map(({ labels, value }) => ({
        labels: { dpid: found.dpid, switch: found.name, ...labels },
        value,
      })),
    );
}

function byLabel(label: string, values: Readonly<Record<string, number>>): MetricSample[] {
  return Object.entries(values).map(([name, value]) => ({ labels: { [label]: name }, value }));
}
