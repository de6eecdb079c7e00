// SPDX-License-Identifier: Apache-2.0
import { useMemo, useState } from "preact/hooks";
import "../styles/map.css";
import type { PlannedWays } from "../../contract/observation/policy-plan.ts";
import type { Scene } from "./draw/scene.ts";
import { boxOf, hull } from "./layout/boxes.ts";
import { places, startLayout } from "./map-state.ts";
import { MapView } from "./map-view.tsx";
import { planOverlay } from "./model/overlay.ts";
import { hostsOfPlans } from "./monitors.ts";
import { useMapGraph } from "./use-map-graph.ts";
import type { MapItem } from "./view/items.ts";
import { WayWords } from "./way-words.tsx";

interface WayMapProps {
  /** A policy's plan, or that of a dry run. */
  readonly plan: PlannedWays;
  /** Index of the hue, from 0. */
  readonly hue?: number;
  /** Copies per second, for moving dots; null: not known. */
  readonly copiedPps?: number | null;
}

/**
 * The part of the map that a policy concerns, with its ways. Its height is that of its container. It stays as it is: the
 * wheel scrolls what is around it.
 */
export function WayMap({ plan, hue = 0, copiedPps = null }: WayMapProps) {
  startLayout();
  const [hovered, setHovered] = useState<MapItem>();
  const graph = useMapGraph((all) => hostsOfPlans(all, [plan]), [plan]);
  const scene = useMemo<Scene | undefined>(
    () =>
      graph && {
        ...{ graph, places: places.value, hovered },
        overlays: [planOverlay(plan, hue, copiedPps)],
        ...{ showsHosts: true, showsLabels: true, traffic: "off" },
      },
    [graph, places.value, plan, hue, copiedPps, hovered],
  );
  if (!graph || !scene) return null;
  const dpids = new Set(
    scene.overlays.flatMap(({ segments, marks }) => [
      ...segments.flatMap(({ from, to }) => [from.dpid, to.dpid]),
      ...marks.map(({ dpid }) => dpid),
    ]),
  );
  const focus = hull(
    [...dpids].flatMap((dpid) => {
      const [entry, place] = [graph.switches.get(dpid), places.value.get(dpid)];
      return entry && place ? [boxOf(entry, place)] : [];
    }),
  );
  return (
    <figure class="way-map" aria-label="Ways of the copies">
      <MapView scene={scene} focus={focus} isFixed onHover={setHovered} />
      <WayWords graph={graph} overlays={scene.overlays} />
    </figure>
  );
}
