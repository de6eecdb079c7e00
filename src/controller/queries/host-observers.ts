// SPDX-License-Identifier: Apache-2.0
import type { KnownObserver } from "../../contract/observation/host-observers.ts";
import { defined } from "../../lang/defined.ts";
import { parseMac } from "../../openflow/index.ts";
import { momentText, type Observation } from "../../policy/index.ts";
import type { StepQueue } from "../../runtime/index.ts";
import type { Topology } from "../../topology/index.ts";
import type { Compilation } from "../desired/compilation.ts";
import type { NativeMirrors } from "../mirrors/native-mirrors.ts";
import type { PolicyEntry, PolicyRegistry } from "../policies/policy-registry.ts";
import { projectOf } from "../views/network-view.ts";

/** Dependencies of `hostObservers`. */
interface HostObserversDeps {
  readonly registry: PolicyRegistry;
  readonly compilation: Compilation;
  readonly queue: StepQueue;
  readonly network: { readonly topology: Topology };
  readonly mirrors: Pick<NativeMirrors, "observing">;
}

/**
 * The policies that copy frames of a host, as the tables are when its turn comes; undefined: there is no such host,
 * or not of this project.
 */
export async function hostObservers(
  { registry, compilation, queue, network, mirrors }: HostObserversDeps,
  text: string,
  project: string | undefined,
): Promise<readonly KnownObserver[] | undefined> {
  const mac = parseMac(text);
  const host = mac === undefined ? undefined : network.topology.hostByMac(mac);
  if (!host) return undefined;
  if (project !== undefined && projectOf(network.topology, host) !== project) return undefined;
  const byEntries = await queue.run(() => compilation.findingObservations(host.mac));
  const found = [...byEntries, ...mirrors.observing(host)];
  found.sort((a, b) => (a.id < b.id ? -1 : 1));
  return found.flatMap((each) => {
    const entry = registry.get(each.id);
    return entry ? [observerView(each, entry)] : [];
  });
}

function observerView(
  { id, monitors }: Observation,
  { policy, requester, document }: PolicyEntry,
): KnownObserver {
  const { name, project, lifetime } = policy;
  const reason = typeof document.reason === "string" ? document.reason : undefined;
  const expiresAt = lifetime?.endsAt === undefined ? undefined : momentText(lifetime.endsAt);
  const named = name === "" ? undefined : name;
  return { id, monitors, ...defined({ name: named, requester, reason, project, expiresAt }) };
}
