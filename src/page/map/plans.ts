// SPDX-License-Identifier: Apache-2.0
/** The ways of policies, read again whenever they may have changed. */
import { computed } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { PlannedWays } from "../../contract/observation/policy-plan.ts";
import { get, type ProblemDocument, problemFrom } from "../data/rest.ts";
import { recentEvents } from "../data/store.ts";

/** A policy's plan, or why it could not be read. */
export interface PlanEntry {
  readonly plan?: PlannedWays;
  readonly problem?: ProblemDocument;
}

/** Events after which a policy's ways may be others. */
const CHANGES = new Set([
  ...["policyCreated", "policyReplaced", "policyDeleted", "policyStatus", "rerouted"],
  ...["linkChanged", "hostChanged", "switchConnected", "switchDisconnected", "gap"],
  ...["tapsSuspended", "tapsResumed"],
]);

/** Number of the last such event. */
const lastChange = computed(
  () => recentEvents.value.findLast(({ event }) => CHANGES.has(event.type))?.number ?? 0,
);

/** Least time from one reading to the next: changes come in bursts. */
const SETTLE_MS = 150;

/** Plans of policies by id; while one is read again, the plan before stays. */
export function usePlans(ids: readonly string[]): ReadonlyMap<string, PlanEntry> {
  const [plans, setPlans] = useState<ReadonlyMap<string, PlanEntry>>(new Map());
  const change = lastChange.value;
  const key = ids.join("\n");
  useEffect(() => {
    if (ids.length === 0) {
      setPlans(new Map());
      return undefined;
    }
    const abort = new AbortController();
    const isNew = ids.some((id) => !plans.has(id));
    const timer = setTimeout(
      () => {
        void readPlans(ids, abort.signal).then((next) => {
          if (!abort.signal.aborted) setPlans(next);
        });
      },
      isNew ? 0 : SETTLE_MS,
    );
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [key, change]);
  return plans;
}

async function readPlans(
  ids: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, PlanEntry>> {
  const entries = await Promise.all(
    ids.map(async (id): Promise<readonly [string, PlanEntry]> => {
      try {
        const plan = await get<PlannedWays>(`/policies/${encodeURIComponent(id)}/plan`, signal);
        return [id, { plan }];
      } catch (error) {
        return [id, { problem: problemFrom(error) }];
      }
    }),
  );
  return new Map(entries);
}
