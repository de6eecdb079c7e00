// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../../policy/index.ts";
import { type Dpid, type PatchedPort, type PortNo, patchKey } from "../../topology/index.ts";

/** What a policy needs patched, and how it is ordered: by when it was created, then by its id. */
interface OrderedRequest {
  readonly id: PolicyId;
  readonly created: string;
  readonly patches: readonly PatchedPort[];
}

/**
 * Which uses of ports of a switch are refused since copies would be copied again, clauses by their `patchKey`: a
 * mirror that hands over what leaves by a port hands over the copies that leave by it for a monitor, too. The policy that
 * was created first keeps its use; what one policy both selects and copies to a port is not tapped there.
 */
export function refusedCrossings(
  requests: Iterable<OrderedRequest>,
  dpid: Dpid,
): ReadonlyMap<string, string> {
  const concerned = [...requests].filter(({ patches }) =>
    patches.some((each) => each.dpid === dpid && each.use !== "sent"),
  );
  const ordered = concerned.sort(byCreation);
  const [received, copied] = [new Map<PortNo, number>(), new Map<PortNo, number>()];
  for (const [at, { patches }] of ordered.entries()) {
    for (const { dpid: where, port, use } of patches) {
      if (where !== dpid || use === "sent") continue;
      const first = use === "received" ? received : copied;
      if (!first.has(port)) first.set(port, at);
    }
  }
  const refused = new Map<string, string>();
  for (const [port, tapping] of received) {
    const copying = copied.get(port);
    if (copying === undefined) continue;
    const use = tapping < copying ? "copies" : "received";
    const [one, other] = [ordered[tapping]?.id, ordered[copying]?.id];
    refused.set(
      patchKey({ dpid, port, use }),
      `copies of policy ${other} leave by port ${port}, where policy ${one} taps what leaves: they would be copied again; plug the monitor of ${other} into another port, or leave port ${port} out of ${one}`,
    );
  }
  return refused;
}

function byCreation(a: OrderedRequest, b: OrderedRequest): number {
  if (a.created !== b.created) return a.created < b.created ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
