// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "../../runtime/index.ts";
import { idOf, type KnownPolicy, type PolicyRegistry } from "./policy-registry.ts";

/**
 * Calls back for the policies whose ids follow `after`, in the order of their ids, in slices of the event loop, until
 * `visit` returns true: then the walk ends. Policies may be added and deleted meanwhile.
 *
 * @returns whether a visit has ended it.
 */
export async function walkPolicies(
  registry: Pick<PolicyRegistry, "from">,
  after: string | undefined,
  visit: (known: KnownPolicy) => boolean,
): Promise<boolean> {
  const turns = new YieldTimer();
  let rest = registry.from(after);
  for (let next = rest.next(); !next.done; next = rest.next()) {
    if (visit(next.value)) return true;
    if (!turns.shouldYield) continue;
    await turns.yieldNow();
    // Those of the present, after the last one that was visited.
    rest = registry.from(idOf(next.value));
  }
  return false;
}
