// SPDX-License-Identifier: Apache-2.0
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import type { MapGraph } from "./model/graph.ts";
import { itemKey, type MapItem } from "./view/items.ts";
import { treeMove, treeNodes } from "./view/tree.ts";

interface MapTreeProps {
  readonly graph: MapGraph;
  readonly selected: MapItem | undefined;
  readonly onSelect: (item: MapItem) => void;
  /** The item that has the keyboard; undefined: none has. */
  readonly onFocus: (item: MapItem | undefined) => void;
  /** A switch is moved by map units: the way to move it without dragging. */
  readonly onNudge: (dpid: string, dx: number, dy: number) => void;
}

/** Map units of one press of Shift and an arrow. */
const NUDGE = 20;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-NUDGE, 0],
  ArrowRight: [NUDGE, 0],
  ArrowUp: [0, -NUDGE],
  ArrowDown: [0, NUDGE],
};

/** Whether a key moves the switch that has the keyboard. */
function nudged(
  event: KeyboardEvent,
  item: MapItem | undefined,
  onNudge: MapTreeProps["onNudge"],
): boolean {
  const nudge = event.shiftKey ? ARROWS[event.key] : undefined;
  if (!nudge) return false;
  event.preventDefault();
  event.stopPropagation();
  if (item?.kind === "switch") onNudge(item.dpid, ...nudge);
  return true;
}

/**
 * The map for keyboards and screen readers. It is not visible itself: the map shows which item has the keyboard.
 */
export function MapTree({ graph, selected, onSelect, onFocus, onNudge }: MapTreeProps) {
  const [open, setOpen] = useState<ReadonlySet<string>>(new Set());
  const [current, setCurrent] = useState<string>();
  const list = useRef<HTMLDivElement>(null);
  const hasFocus = useRef(false);
  const nodes = useMemo(() => treeNodes(graph, open), [graph, open]);
  const tabStop = nodes.some(({ key }) => key === current) ? current : nodes[0]?.key;
  useEffect(() => {
    if (!hasFocus.current || tabStop === undefined) return;
    list.current?.querySelector<HTMLElement>('[tabindex="0"]')?.focus({ preventScroll: true });
  }, [tabStop]);

  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const node = nodes.find(({ key }) => key === tabStop);
    if (event.key === "Enter" || event.key === " ") {
      if (node) onSelect(node.item);
      event.preventDefault();
      return;
    }
    if (nudged(event, node?.item, onNudge)) return;
    const move = treeMove(nodes, tabStop, event.key);
    if (!move) return;
    event.preventDefault();
    event.stopPropagation();
    if (move.type === "focus") {
      setCurrent(move.key);
      const next = nodes.find(({ key }) => key === move.key);
      if (next) onFocus(next.item);
      return;
    }
    const next = new Set(open);
    if (move.type === "open") next.add(move.key);
    else next.delete(move.key);
    setOpen(next);
  };

  return (
    <div
      ref={list}
      class="map-tree hidden-text"
      role="tree"
      aria-label="Network: switches with their links and hosts. Shift and an arrow move a switch"
      onKeyDown={press}
      onFocusIn={(event) => {
        hasFocus.current = true;
        // Screen readers give the focus to any item, not only to the one that Tab reaches.
        const { key } = (event.target as HTMLElement).dataset;
        setCurrent(key);
        onFocus(nodes.find((node) => node.key === key)?.item);
      }}
      onFocusOut={() => {
        hasFocus.current = false;
        onFocus(undefined);
      }}
    >
      {nodes.map(({ key, item, label, level, position, siblings, isOpen }) => (
        <div
          key={key}
          role="treeitem"
          data-key={key}
          tabIndex={key === tabStop ? 0 : -1}
          aria-level={level}
          aria-posinset={position}
          aria-setsize={siblings}
          aria-expanded={isOpen}
          aria-selected={selected !== undefined && itemKey(selected) === itemKey(item)}
        >
          {label}
        </div>
      ))}
    </div>
  );
}
