// SPDX-License-Identifier: Apache-2.0
import { useMemo, useRef, useState } from "preact/hooks";
import "../styles/map.css";
import { useShortcuts } from "../app/keys.ts";
import { route, setQuery } from "../app/route.ts";
import { NoSwitches } from "../connect/no-switches.tsx";
import { usePolicyRows } from "../data/policy-list.ts";
import { rates } from "../data/store.ts";
import { useRates } from "../data/stream-query.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { useDocumentTitle } from "../ui/use-document-title.ts";
import type { Motion } from "./draw/renderer.ts";
import type { Scene } from "./draw/scene.ts";
import { ItemDetails } from "./item-details.tsx";
import type { Point } from "./layout/boxes.ts";
import { Legend } from "./legend.tsx";
import { type MapQuery, nextTraffic, readMapQuery, writeMapQuery } from "./map-query.ts";
import { layOutAgain, moveSwitch, nudgeSwitch, places, startLayout } from "./map-state.ts";
import { MapTree } from "./map-tree.tsx";
import { type MapControl, MapView } from "./map-view.tsx";
import { assignHues } from "./model/hues.ts";
import { planOverlay } from "./model/overlay.ts";
import { hostsOfPlans } from "./monitors.ts";
import { usePlans } from "./plans.ts";
import { PolicyList } from "./policy-list.tsx";
import { Splitter } from "./splitter.tsx";
import { TooLarge } from "./too-large.tsx";
import { Toolbar } from "./toolbar.tsx";
import { useMapGraph } from "./use-map-graph.ts";
import { isPresent, type MapItem } from "./view/items.ts";
import { isTableMode } from "./view/table-mode.ts";
import { WaySummary } from "./way-summary.tsx";
import { WayWords } from "./way-words.tsx";

const PAN = 60;

let hues: ReadonlyMap<string, number> = new Map();

/** The network, and the ways of the selected policies. */
export default function Screen() {
  useDocumentTitle("Map");
  startLayout();
  useRates();
  const state = readMapQuery(route.value.query);
  const change = (next: Partial<MapQuery>) => setQuery(writeMapQuery(next));
  const plans = usePlans(state.policies);
  const rows = usePolicyRows(state.policies);
  const control = useRef<MapControl>(null);
  const [motion, setMotion] = useState<Motion>({ perDot: undefined, isStill: false });
  const [isPaused, setPaused] = useState(false);
  const [hovered, setHovered] = useState<{ item: MapItem; at: Point }>();
  const [focused, setFocused] = useState<MapItem>();
  const wasTable = useRef(false);

  const selectedIds = state.policies.join("\n");
  hues = useMemo(() => assignHues(hues, state.policies), [selectedIds]);
  const graph = useMapGraph(
    (all) =>
      hostsOfPlans(
        all,
        [...plans.values()].flatMap(({ plan }) => plan ?? []),
      ),
    [plans],
  );
  const itemText = route.value.query.item;
  const scene = useMemo<Scene | undefined>(() => {
    if (!graph) return undefined;
    const overlays = state.policies.flatMap((id) => {
      const plan = plans.get(id)?.plan;
      const pps = rates.value?.policies.get(id)?.copiedPps;
      return plan ? [planOverlay(plan, hues.get(id) ?? 0, pps ?? null)] : [];
    });
    return {
      ...{ graph, places: places.value, overlays, rates: rates.value?.links },
      ...{ selected: state.item, hovered: hovered?.item, focused },
      showsHosts: state.showsHosts,
      showsLabels: state.showsLabels,
      traffic: state.traffic,
    };
  }, [
    ...[graph, places.value, plans, selectedIds, rates.value, itemText, hovered?.item, focused],
    ...[state.showsHosts, state.showsLabels, state.traffic],
  ]);

  const toggleHosts = () => change({ showsHosts: !state.showsHosts });
  const toggleLabels = () => change({ showsLabels: !state.showsLabels });
  const cycleTraffic = () => change({ traffic: nextTraffic(state.traffic) });
  const clear = () => {
    if (state.item === undefined && state.policies.length === 0) return false;
    change(state.item === undefined ? { policies: [] } : { item: undefined });
    return true;
  };
  useShortcuts(
    [
      { keys: "t", what: "Map: traffic off, packets, bits", run: cycleTraffic },
      { keys: "h", what: "Map: hosts", run: toggleHosts },
      { keys: "l", what: "Map: ports and rates of links", run: toggleLabels },
      { keys: "0", what: "Map: show everything", run: () => control.current?.fit() },
      { keys: "+", what: "Map: zoom in", run: () => control.current?.zoom(1.3) },
      { keys: "-", what: "Map: zoom out", run: () => control.current?.zoom(1 / 1.3) },
      { keys: "ArrowLeft", what: "Map: move left", run: () => control.current?.pan(PAN, 0) },
      { keys: "ArrowRight", what: "Map: move right", run: () => control.current?.pan(-PAN, 0) },
      { keys: "ArrowUp", what: "Map: move up", run: () => control.current?.pan(0, PAN) },
      { keys: "ArrowDown", what: "Map: move down", run: () => control.current?.pan(0, -PAN) },
      {
        keys: "[",
        what: "Map: narrower",
        run: () => change({ split: Math.max(0, state.split - 10) }),
      },
      {
        keys: "]",
        what: "Map: wider",
        run: () => change({ split: Math.min(100, state.split + 10) }),
      },
      { keys: "Escape", what: "Map: clear the selection", run: clear },
    ],
    [route.value],
  );

  if (!graph || !scene) return <Skeleton lines={8} />;
  if (graph.switches.size === 0) {
    return (
      <>
        <h1 class="hidden-text">Map</h1>
        <NoSwitches />
      </>
    );
  }
  wasTable.current = isTableMode(graph, wasTable.current);
  const isTable = wasTable.current && !state.isForced;
  const isMapHidden = isTable || state.split === 0;
  const selectPolicy = (id: string, isAdded: boolean) => {
    const others = state.policies.filter((each) => each !== id);
    const isSelected = others.length < state.policies.length;
    const kept = isAdded ? others : [];
    const next = isSelected && (isAdded || others.length === 0) ? kept : [...kept, id];
    change({ policies: next });
  };
  const selectItem = (item: MapItem | undefined) => change({ item });
  const selected = state.item && isPresent(graph, state.item) ? state.item : undefined;
  return (
    <div class="map-screen" style={{ "--map-width": `${state.split}%` }}>
      {isTable && <TooLarge graph={graph} onForce={() => change({ isForced: true })} />}
      {!isMapHidden && (
        <section class={`map-part${focused ? " has-focus" : ""}`} aria-label="Map of the network">
          <h1 class="hidden-text">Map</h1>
          <MapTree
            graph={graph}
            selected={selected}
            onSelect={selectItem}
            onNudge={nudgeSwitch}
            onFocus={(item) => {
              setFocused(item);
              if (item) control.current?.reveal(item);
            }}
          />
          <WayWords graph={graph} overlays={scene.overlays} />
          <MapView
            scene={scene}
            control={control}
            isPaused={isPaused}
            onMotion={setMotion}
            onSelect={selectItem}
            onHover={(item, at) => setHovered(item && { item, at })}
            onMove={moveSwitch}
          />
          <Toolbar
            state={state}
            hasRates={rates.value !== undefined}
            isPaused={isPaused}
            onHosts={toggleHosts}
            onLabels={toggleLabels}
            onTraffic={cycleTraffic}
            onPause={() => setPaused(!isPaused)}
            onFit={() => control.current?.fit()}
            onZoom={(factor) => control.current?.zoom(factor)}
            onLayout={layOutAgain}
          />
          <Legend
            hue={state.policies.length === 1 ? hues.get(state.policies[0] ?? "") : undefined}
            motion={motion}
            hasRates={rates.value !== undefined && state.traffic !== "off"}
            hasOverlay={scene.overlays.length > 0}
            hasOutside={graph.links.some((link) => link.isOutsideTree)}
          />
          {selected && (
            <aside class="item-card" aria-label="Selection">
              <ItemDetails graph={graph} item={selected} />
            </aside>
          )}
          {hovered && !selected && <HoverCard graph={graph} item={hovered.item} at={hovered.at} />}
        </section>
      )}
      {!isMapHidden && <Splitter value={state.split} onChange={(split) => change({ split })} />}
      {(isMapHidden || state.split < 100) && (
        <section class="list-part" aria-label="Policies">
          {state.policies.map((id) => (
            <WaySummary
              key={id}
              id={id}
              row={rows?.get(id)}
              hue={hues.get(id) ?? 0}
              entry={plans.get(id)}
              onClose={() => selectPolicy(id, true)}
            />
          ))}
          <PolicyList selected={state.policies} hues={hues} plans={plans} onSelect={selectPolicy} />
        </section>
      )}
    </div>
  );
}

function HoverCard({
  graph,
  item,
  at,
}: {
  readonly graph: Parameters<typeof ItemDetails>[0]["graph"];
  readonly item: MapItem;
  readonly at: Point;
}) {
  return (
    <div class="hover-card" aria-hidden="true" style={{ "--x": `${at.x}px`, "--y": `${at.y}px` }}>
      <ItemDetails graph={graph} item={item} isBrief />
    </div>
  );
}
