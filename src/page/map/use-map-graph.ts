// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "preact/hooks";
import type { PolicyRowsView } from "../../contract/observation/policy-rows.ts";
import { rowsPath, usePolicyWrites } from "../data/policy-list.ts";
import { hosts } from "../data/store.ts";
import { useResource } from "../ui/use-resource.ts";
import { topology } from "./map-state.ts";
import { type MapGraph, mapGraph } from "./model/graph.ts";
import { monitorMacs } from "./monitors.ts";

/** The monitors of all policies, and as little else as possible. */
const MONITORS = rowsPath({ facet: "monitors", limit: 1 });

/** Hosts of the network: those that are shown one by one, by their MAC addresses. */
type ShownHosts = (all: Parameters<typeof mapGraph>[0]["hosts"]) => ReadonlySet<string>;

/**
 * The graph of the present network; undefined: it is not known yet. It is made anew when the network changes, and when
 * one of `inputs` does, on which `shown` depends.
 */
export function useMapGraph(shown: ShownHosts, inputs: readonly unknown[]): MapGraph | undefined {
  const known = topology.value;
  const knownHosts = hosts.value;
  const { value: found } = useResource<PolicyRowsView>(MONITORS, [usePolicyWrites()]);
  const monitors = useMemo(() => {
    const named = new Set(found?.monitors?.map(({ monitor }) => monitor));
    return monitorMacs(knownHosts?.values() ?? [], named);
  }, [knownHosts, found]);
  return useMemo(
    () => known && mapGraph(known, { monitors, shown: shown(known.hosts) }),
    [known, monitors, ...inputs],
  );
}
