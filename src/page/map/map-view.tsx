// SPDX-License-Identifier: Apache-2.0
import { useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { theme } from "../app/theme.ts";
import { type Motion, Renderer } from "./draw/renderer.ts";
import type { Scene } from "./draw/scene.ts";
import { boxesOf } from "./layout/arrange.ts";
import { type Box, hull, type Point } from "./layout/boxes.ts";
import { itemAt, type MapItem, pointOf } from "./view/items.ts";
import {
  fitted,
  panned,
  revealed,
  type Size,
  type Transform,
  toMap,
  zoomed,
} from "./view/transform.ts";

/** What buttons and keys do with the view. */
export interface MapControl {
  readonly fit: () => void;
  readonly zoom: (factor: number) => void;
  readonly pan: (dx: number, dy: number) => void;
  readonly reveal: (item: MapItem) => void;
}

interface MapViewProps {
  readonly scene: Scene;
  /** The part to show at first, and when it changes; absent: everything. */
  readonly focus?: Box | undefined;
  readonly control?: RefObject<MapControl | null>;
  readonly isPaused?: boolean;
  /** Pointers neither move nor zoom it: the wheel scrolls what is around it. */
  readonly isFixed?: boolean;
  readonly onMotion?: (motion: Motion) => void;
  readonly onSelect?: (item: MapItem | undefined) => void;
  readonly onHover?: (item: MapItem | undefined, at: Point) => void;
  /** A switch is dragged to a point of the map. Absent: switches stay where they are. */
  readonly onMove?: (dpid: string, to: Point) => void;
}

/** Pointer travel below this many pixels is a click. */
const CLICK_TRAVEL = 4;
const LINK_TOLERANCE = 7;

/** The map itself: two canvases, and what pointers do there. Assistive technology has the tree instead. */
export function MapView(props: MapViewProps) {
  const { scene, focus, control, isPaused = false, isFixed = false } = props;
  const host = useRef<HTMLDivElement>(null);
  const still = useRef<HTMLCanvasElement>(null);
  const moving = useRef<HTMLCanvasElement>(null);
  const renderer = useRef<Renderer>(undefined);
  const latest = useRef(props);
  latest.current = props;
  const [size, setSize] = useState<Size>({ width: 0, height: 0 });
  const [view, setView] = useState<Transform>({ scale: 1, x: 0, y: 0 });
  /** Whether the user has chosen the view: then nothing else changes it. */
  const isChosen = useRef(false);

  useLayoutEffect(() => {
    if (!host.current || !still.current || !moving.current) return undefined;
    const element = host.current;
    const painter = new Renderer(
      element,
      { still: still.current, moving: moving.current },
      (motion) => latest.current.onMotion?.(motion),
    );
    renderer.current = painter;
    const observer = new ResizeObserver(() => {
      const { clientWidth: width, clientHeight: height } = element;
      painter.resize(width, height);
      setSize({ width, height });
    });
    observer.observe(element);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    const recolour = () => painter.recolour();
    scheme.addEventListener("change", recolour);
    return () => {
      observer.disconnect();
      scheme.removeEventListener("change", recolour);
      painter.stop();
    };
  }, []);

  useSignalEffect(() => {
    void theme.value;
    queueMicrotask(() => renderer.current?.recolour());
  });

  const whole = focus ?? hull(boxesOf(scene.graph, scene.places));
  const wholeKey = whole && Object.values(whole).map(Math.round).join();
  const showAll = () => setView(fitted(whole, size));
  useLayoutEffect(() => {
    if (!isChosen.current) showAll();
  }, [wholeKey, size.width, size.height]);

  useLayoutEffect(() => {
    renderer.current?.show(scene, view, isPaused);
  }, [scene, view, isPaused]);

  if (control) {
    const middle = { x: size.width / 2, y: size.height / 2 };
    const choose = (change: (view: Transform) => Transform) => {
      isChosen.current = true;
      setView(change);
    };
    control.current = {
      fit: () => {
        isChosen.current = false;
        showAll();
      },
      zoom: (factor) => choose((before) => zoomed(before, factor, middle)),
      pan: (dx, dy) => choose((before) => panned(before, dx, dy)),
      reveal: (item) => {
        const point = pointOf(scene.graph, scene.places, item);
        if (point) setView((before) => revealed(before, point, size));
      },
    };
  }

  usePointer(host, latest, view, (change) => {
    isChosen.current = true;
    setView(change);
  });

  return (
    <div ref={host} class={isFixed ? "map-view is-fixed" : "map-view"} aria-hidden="true">
      <canvas ref={still} />
      <canvas ref={moving} />
    </div>
  );
}

/** Drag, click, hover and wheel. */
function usePointer(
  host: RefObject<HTMLDivElement | null>,
  latest: RefObject<MapViewProps>,
  view: Transform,
  change: (change: (view: Transform) => Transform) => void,
): void {
  const state = useRef({ view, change });
  state.current = { view, change };
  useEffect(() => {
    const element = host.current;
    if (!element) return undefined;
    const pixelOf = (event: MouseEvent): Point => {
      const { left, top } = element.getBoundingClientRect();
      return { x: event.clientX - left, y: event.clientY - top };
    };
    const itemOf = (event: MouseEvent): MapItem | undefined => {
      const props = latest.current;
      if (!props) return undefined;
      const at = toMap(state.current.view, pixelOf(event));
      const tolerance = LINK_TOLERANCE / state.current.view.scale;
      return itemAt(props.scene.graph, props.scene.places, at, tolerance);
    };
    let drag: { last: Point; travel: number; dpid: string | undefined } | undefined;
    const down = (event: PointerEvent) => {
      if (event.button !== 0 || latest.current?.isFixed) return;
      const item = itemOf(event);
      const dpid = item?.kind === "switch" && latest.current?.onMove ? item.dpid : undefined;
      drag = { last: pixelOf(event), travel: 0, dpid };
      element.setPointerCapture(event.pointerId);
    };
    const move = (event: PointerEvent) => {
      const at = pixelOf(event);
      if (!drag) {
        const item = itemOf(event);
        element.classList.toggle("is-over", item !== undefined);
        latest.current?.onHover?.(item, at);
        return;
      }
      const [dx, dy] = [at.x - drag.last.x, at.y - drag.last.y];
      drag.travel += Math.abs(dx) + Math.abs(dy);
      drag.last = at;
      if (drag.travel < CLICK_TRAVEL) return;
      latest.current?.onHover?.(undefined, at);
      if (drag.dpid === undefined) state.current.change((before) => panned(before, dx, dy));
      else latest.current?.onMove?.(drag.dpid, toMap(state.current.view, at));
    };
    const up = (event: PointerEvent) => {
      if (drag && drag.travel < CLICK_TRAVEL) latest.current?.onSelect?.(itemOf(event));
      drag = undefined;
    };
    const cancel = () => {
      drag = undefined;
    };
    const leave = () => latest.current?.onHover?.(undefined, { x: 0, y: 0 });
    const wheel = (event: WheelEvent) => {
      if (latest.current?.isFixed) return;
      event.preventDefault();
      const at = pixelOf(event);
      state.current.change((before) => zoomed(before, Math.exp(-event.deltaY / 400), at));
    };
    element.addEventListener("pointerdown", down);
    element.addEventListener("pointermove", move);
    element.addEventListener("pointerup", up);
    element.addEventListener("pointercancel", cancel);
    element.addEventListener("pointerleave", leave);
    element.addEventListener("wheel", wheel, { passive: false });
    return () => {
      element.removeEventListener("pointerdown", down);
      element.removeEventListener("pointermove", move);
      element.removeEventListener("pointerup", up);
      element.removeEventListener("pointercancel", cancel);
      element.removeEventListener("pointerleave", leave);
      element.removeEventListener("wheel", wheel);
    };
  }, []);
}
