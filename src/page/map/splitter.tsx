// SPDX-License-Identifier: Apache-2.0
import { useRef } from "preact/hooks";

interface SplitterProps {
  /** Percent of the width that is left of it. */
  readonly value: number;
  readonly onChange: (value: number) => void;
}

const STEP = 5;

/** The line between two parts of a screen: it is dragged, or moved with the arrows. */
export function Splitter({ value, onChange }: SplitterProps) {
  const line = useRef<HTMLHRElement>(null);
  const move = (event: PointerEvent) => {
    const box = line.current?.parentElement?.getBoundingClientRect();
    if (!box || !line.current?.hasPointerCapture(event.pointerId)) return;
    onChange(
      Math.round(Math.max(0, Math.min(100, (100 * (event.clientX - box.left)) / box.width))),
    );
  };
  const press = (event: KeyboardEvent) => {
    const next = { ArrowLeft: value - STEP, ArrowRight: value + STEP, Home: 0, End: 100 }[
      event.key
    ];
    if (next === undefined) return;
    event.preventDefault();
    onChange(Math.max(0, Math.min(100, next)));
  };
  return (
    <hr
      ref={line}
      class="splitter"
      aria-orientation="vertical"
      aria-label="Width of the map"
      aria-valuenow={value}
      aria-valuemin={0}
      aria-valuemax={100}
      tabIndex={0}
      onKeyDown={press}
      onPointerDown={(event) => line.current?.setPointerCapture(event.pointerId)}
      onPointerMove={move}
      onDblClick={() => onChange(60)}
    />
  );
}
