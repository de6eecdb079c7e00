// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "preact/hooks";
import { hosts, policies } from "../data/store.ts";
import { topology } from "./map-state.ts";
import { type MapGraph, mapGraph } from "./model/graph.ts";
import { monitorMacs } from "./monitors.ts";

/** Hosts of the network: those that are shown one by one, by their MAC addresses. */
type ShownHosts = (all: Parameters<typeof mapGraph>[0]["hosts"]) => ReadonlySet<string>;

/**
 * The graph of the present network; undefined: it is not known yet. It is made anew when the network changes, and when
 * one of `inputs` does, on which `shown` depends.
 */
export function useMapGraph(shown: ShownHosts, inputs: readonly unknown[]): MapGraph | undefined {
  const known = topology.value;
  const [knownHosts, knownPolicies] = [hosts.value, policies.value];
  const monitors = useMemo(
    () => monitorMacs(knownHosts?.values() ?? [], knownPolicies?.values() ?? []),
    [knownHosts, knownPolicies],
  );
  return useMemo(
    () => known && mapGraph(known, { monitors, shown: shown(known.hosts) }),
    [known, monitors, ...inputs],
  );
}
