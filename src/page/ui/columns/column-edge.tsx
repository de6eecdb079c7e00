// SPDX-License-Identifier: Apache-2.0
import { useRef } from "preact/hooks";
import type { ChangeWidth } from "./use-column-widths.ts";

interface ColumnEdgeProps {
  readonly id: string;
  readonly onChange: ChangeWidth;
}

/**
 * The right edge of a heading: dragging it changes the width of the column, a double click gives it the usual one. Keys
 * do the same at the heading.
 */
export function ColumnEdge({ id, onChange }: ColumnEdgeProps) {
  const edge = useRef<HTMLSpanElement>(null);
  const start = useRef<{ readonly x: number; readonly width: number }>(undefined);
  const grab = (event: PointerEvent) => {
    const heading = edge.current?.parentElement;
    if (!heading || event.button !== 0) return;
    start.current = { x: event.clientX, width: heading.offsetWidth };
    edge.current?.setPointerCapture(event.pointerId);
    event.preventDefault();
  };
  const drag = (event: PointerEvent) => {
    const { current: from } = start;
    if (from) onChange(id, from.width + event.clientX - from.x);
  };
  const release = () => {
    start.current = undefined;
  };
  return (
    <span
      ref={edge}
      class="column-edge"
      aria-hidden="true"
      onPointerDown={grab}
      onPointerMove={drag}
      onPointerUp={release}
      onPointerCancel={release}
      onDblClick={() => onChange(id, undefined)}
    />
  );
}
