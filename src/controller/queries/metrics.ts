import type { PolicyCounters } from "../../counters/index.ts";
import { YieldTimer } from "../../runtime/index.ts";
import type { Host, Switch } from "../../topology/index.ts";
import type { Controller } from "../controller.ts";
import { idOf, type KnownPolicy } from "../policies/policy-registry.ts";
import { CounterMetrics } from "../views/counters-view.ts";

/** A metric in the terms of Prometheus. */
export interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly samples: readonly {
    readonly labels?: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

/** Everything that is measured, for Prometheus. */
export async function metrics(
  controller: Controller,
  countersOf: (known: KnownPolicy) => PolicyCounters,
): Promise<readonly Metric[]> {
  const turns = new YieldTimer();
  const counters = new CounterMetrics();
  for (const known of [...controller.book.from(undefined)]) {
    if (turns.shouldYield) await turns.yieldNow();
    counters.add(idOf(known), countersOf(known));
  }
  return [
    ...counters.all,
    ...tapMetrics(controller),
    ...switchMetrics(controller),
    ...hostMetrics(controller),
  ];
}

/** How many policies there are, and in which states. One that is not valid is in error. */
export function policyCounts({ book, board }: Controller) {
  const { size, invalid } = book;
  const { counts } = board;
  return { total: size + invalid, byState: { ...counts, error: counts.error + invalid } };
}

function tapMetrics(controller: Controller): Metric[] {
  const { byState } = policyCounts(controller);
  return [
    {
      name: "policies",
      help: "TAP policies by state.",
      type: "gauge",
      samples: Object.entries(byState).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      name: "taps_suspended",
      help: "1 while all taps are suspended.",
      type: "gauge",
      samples: [{ value: controller.taps.isSuspended ? 1 : 0 }],
    },
  ];
}

function switchMetrics(controller: Controller): Metric[] {
  const switches = [...controller.network.topology.switches.values()];
  const labelsOf = ({ dpid, name }: Switch) => ({ dpid, switch: name });
  const progress = switches.flatMap((each) => {
    const found = controller.reconciler.progress(each.dpid);
    return found ? [{ labels: labelsOf(each), ...found }] : [];
  });
  return [
    {
      name: "switch_connected",
      help: "Whether a switch has an OpenFlow session.",
      type: "gauge",
      samples: switches.map((each) => {
        return { labels: labelsOf(each), value: each.connected ? 1 : 0 };
      }),
    },
    {
      name: "openflow_refused_total",
      help: "Connections of switches that were not let in, since the start.",
      type: "counter",
      samples: [{ value: controller.refusedSessions }],
    },
    {
      name: "switch_pending_entries",
      help: "Entries that a switch still has to install, change or remove.",
      type: "gauge",
      samples: progress.map(({ labels, pending }) => ({ labels, value: pending })),
    },
    {
      name: "switch_refused_entries",
      help: "Entries that a switch refused.",
      type: "gauge",
      samples: progress.map(({ labels, refused }) => ({ labels, value: refused })),
    },
    {
      name: "switch_mods_sent_total",
      help: "Flow-mods and group-mods sent since the start.",
      type: "counter",
      samples: progress.map(({ labels, modsSent }) => ({ labels, value: modsSent })),
    },
    {
      name: "switch_repairs_total",
      help: "Repairs of entries that somebody else had changed, by who found it, since the start.",
      type: "counter",
      samples: progress.flatMap(({ labels, repairs }) =>
        Object.entries(repairs).map(([by, value]) => ({ labels: { ...labels, by }, value })),
      ),
    },
  ];
}

function hostMetrics({ network, learning }: Controller): Metric[] {
  const counts: Record<Host["origin"], number> = { file: 0, api: 0, learned: 0 };
  for (const { origin } of network.topology.hosts.values()) counts[origin]++;
  return [
    {
      name: "hosts",
      help: "Known hosts by where they are known from.",
      type: "gauge",
      samples: Object.entries(counts).map(([origin, value]) => ({ labels: { origin }, value })),
    },
    {
      name: "hosts_refused_total",
      help: "Frames of new hosts that were not learned: their port brought too many.",
      type: "counter",
      samples: [{ value: learning.refused }],
    },
  ];
}
