// SPDX-License-Identifier: Apache-2.0
import { rates } from "../data/store.ts";
import { useRates } from "../data/stream-query.ts";
import { Problem } from "../ui/problem.tsx";
import { usePlans } from "./plans.ts";
import { WayMap } from "./way-map.tsx";

/** The way of an installed policy on its part of the map; nothing if the controller does not report ways. */
export function PolicyWay({ id }: { readonly id: string }) {
  useRates();
  const entry = usePlans([id]).get(id);
  const { plan, problem } = entry ?? {};
  if (problem && problem.status !== 404) return <Problem problem={problem} />;
  if (!plan) return null;
  if (plan.tapPoints.length === 0)
    return <p class="muted">It copies nothing now: there is no way.</p>;
  return <WayMap plan={plan} copiedPps={rates.value?.policies.get(id)?.copiedPps ?? null} />;
}
