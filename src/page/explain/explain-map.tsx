// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from "preact/hooks";
import type { Explanation } from "../../contract/explain.ts";
import { hosts } from "../data/store.ts";
import type { Scene } from "../map/draw/scene.ts";
import { places, startLayout } from "../map/map-state.ts";
import { MapView } from "../map/map-view.tsx";
import type { mapGraph } from "../map/model/graph.ts";
import { useMapGraph } from "../map/use-map-graph.ts";
import type { MapItem } from "../map/view/items.ts";
import { WayWords } from "../map/way-words.tsx";
import { explanationOverlay } from "./answer/hops.ts";

interface ExplainMapProps {
  readonly explanation: Explanation | undefined;
  readonly step: number;
  /** A host or a port is chosen as the place where the frame enters. */
  readonly onPlace: (at: string) => void;
}

/** The way of the frame on the map; before there is an answer, the map to choose a place on. */
export function ExplainMap({ explanation, step, onPlace }: ExplainMapProps) {
  startLayout();
  const [hovered, setHovered] = useState<MapItem>();
  const graph = useMapGraph((all) => shownHosts(all, explanation), [explanation]);
  const scene = useMemo<Scene | undefined>(
    () =>
      graph && {
        ...{ graph, places: places.value, hovered },
        overlays: explanation ? [explanationOverlay(explanation, step)] : [],
        ...{ showsHosts: true, showsLabels: true, traffic: "off" },
      },
    [graph, places.value, explanation, step, hovered],
  );
  if (!graph || !scene) return null;
  const select = (item: MapItem | undefined) => {
    if (item?.kind !== "host") return;
    const host = hosts.value?.get(item.mac);
    if (host) onPlace(host.name ?? host.mac);
  };
  return (
    <div class="explain-map">
      <WayWords graph={graph} overlays={scene.overlays} />
      <MapView scene={scene} onSelect={select} onHover={setHovered} />
    </div>
  );
}

/** Hosts at the ports where the frame enters and leaves: they are not aggregated. */
function shownHosts(
  all: Parameters<typeof mapGraph>[0]["hosts"],
  explanation: Explanation | undefined,
): ReadonlySet<string> {
  if (!explanation) return new Set();
  const { at, originals, copies } = explanation;
  const ports = new Set([at, ...originals, ...copies].map(({ dpid, port }) => `${dpid}/${port}`));
  return new Set(
    all.filter(({ dpid, port }) => ports.has(`${dpid}/${port}`)).map(({ mac }) => mac),
  );
}
