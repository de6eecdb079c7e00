// SPDX-License-Identifier: Apache-2.0
import type { ExplainedPolicy, ExplainedPort, Explanation } from "../../../contract/explain.ts";
import { type PortNo, parseDpid, type Topology } from "../../../topology/index.ts";

/**
 * An explanation as a project may read it: its policies, the copies for these, and where the original leaves by ports
 * of the project. The passages through switches are left out, and so is what is said of rules: switches share
 * them between policies, and a passage shows where the hosts of others are.
 *
 * @param explanation its `policies` are those of the project only.
 * @param isOwn whether a policy is the project's.
 */
export function explanationForProject(
  explanation: Explanation,
  project: string,
  { topology, isOwn }: { readonly topology: Topology; readonly isOwn: (id: string) => boolean },
): Explanation {
  const isOwnPort = ({ dpid, port }: ExplainedPort) => {
    const at = parseDpid(dpid);
    return at !== undefined && topology.projectAt(at, port as PortNo) === project;
  };
  const copies = explanation.copies.flatMap((copy) => {
    const policies = copy.policies.filter(isOwn);
    return policies.length === 0 ? [] : [{ ...copy, policies, way: [] }];
  });
  return {
    ...explanation,
    hops: [],
    originals: explanation.originals.filter(isOwnPort),
    copies,
    installed: { state: installedState(explanation.policies), reasons: [] },
    taken: [],
    agreement: { ok: explanation.agreement.ok, problems: [] },
    assumptions: [],
  };
}

/** Whether the switches hold the rules of the policies that match. */
function installedState(policies: readonly ExplainedPolicy[]): Explanation["installed"]["state"] {
  const states = new Set(policies.filter(({ matches }) => matches).map(({ state }) => state));
  if (states.has("error")) return "refused";
  return states.has("pending") || states.has("degraded") ? "pending" : "confirmed";
}
