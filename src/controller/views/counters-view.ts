import { NO_TOTALS, type PolicyCounters, type Totals } from "../../counters/index.ts";
import type { KnownPolicy } from "../policies/policy-registry.ts";

/** Totals as REST names them. */
interface TotalsView {
  readonly copied: Totals["copied"];
  readonly delivered: Totals["delivered"];
  readonly loss: { readonly packets: number };
}

/** The counters of a policy as REST returns them with it. */
export interface CountersView extends TotalsView {
  readonly since: string;
  readonly readAt: string | null;
  readonly exact: boolean;
}

/** The same, monitor by monitor. */
export interface CountersDetailView extends CountersView {
  readonly id: string;
  readonly monitors: readonly ({
    readonly monitor: string;
    readonly exact: boolean;
  } & TotalsView)[];
}

export function countersView(counters: PolicyCounters): CountersView {
  const { since, readAt = null, exact } = counters;
  return { ...totalsView(counters), since, readAt, exact };
}

export function countersDetailView(id: string, counters: PolicyCounters): CountersDetailView {
  const monitors = counters.monitors.map(({ monitor, exact, ...totals }) => ({
    monitor,
    ...totalsView(totals),
    exact,
  }));
  return { id, ...countersView(counters), monitors };
}

/** Of a policy that nothing has been counted for. */
export function noCounters({ updatedAt: since }: KnownPolicy): PolicyCounters {
  return { ...NO_TOTALS, since, readAt: undefined, exact: true, monitors: [] };
}

function totalsView({ copied, delivered, lost }: Totals): TotalsView {
  return { copied, delivered, loss: { packets: lost } };
}

const METRICS: readonly (readonly [string, string, (of: PolicyCounters) => number])[] = [
  ["policy_copied_packets_total", "Copies made for a policy.", ({ copied }) => copied.packets],
  ["policy_copied_bytes_total", "Bytes of the copies made.", ({ copied }) => copied.bytes],
  [
    "policy_delivered_packets_total",
    "Copies that arrived at a policy's monitors.",
    ({ delivered }) => delivered.packets,
  ],
  [
    "policy_delivered_bytes_total",
    "Bytes of the copies that arrived.",
    ({ delivered }) => delivered.bytes,
  ],
  ["policy_lost_packets_total", "Copies that are known to be lost.", ({ lost }) => lost],
];

/** A metric of every policy. */
export interface CounterMetric {
  readonly name: string;
  readonly help: string;
  readonly type: "counter";
  readonly samples: { readonly labels: { readonly policy: string }; readonly value: number }[];
}

/** The counters of all policies for Prometheus, filled one policy at a time. */
export class CounterMetrics {
  readonly all: readonly CounterMetric[] = METRICS.map(([name, help]) => ({
    ...{ name, help, type: "counter" },
    samples: [],
  }));

  add(policy: string, counters: PolicyCounters): void {
    const labels = { policy };
    METRICS.forEach(([, , figureOf], index) => {
      this.all[index]?.samples.push({ labels, value: figureOf(counters) });
    });
  }
}
