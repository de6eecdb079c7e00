// SPDX-License-Identifier: Apache-2.0
import type { CountersDetailView, CountersView } from "../../contract/policy-counters.ts";
import { NO_TOTALS, type PolicyCounters, type Totals } from "../../counters/index.ts";
import type { KnownPolicy } from "../policies/policy-registry.ts";

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

/** The counters of a policy for which nothing has been counted. */
export function noCounters({ updatedAt: since }: KnownPolicy): PolicyCounters {
  return { ...NO_TOTALS, since, readAt: undefined, exact: true, monitors: [] };
}

function totalsView({
  copied,
  delivered,
  lost,
}: Totals): Pick<CountersView, "copied" | "delivered" | "loss"> {
  return { copied, delivered, loss: { packets: lost } };
}
