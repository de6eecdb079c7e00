// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import type { GridColumn } from "./columns/grid-column.ts";
import { GridHead } from "./columns/grid-head.tsx";
import { useColumnWidths } from "./columns/use-column-widths.ts";
import { templateOf } from "./columns/widths.ts";
import { gridKey } from "./grid-keys.ts";
import { useVirtualRows } from "./use-virtual-rows.ts";

/** Which of a long list's rows are known. */
interface GridPart {
  /** Place of the first of the rows. */
  readonly start: number;
  /** Rows of the whole list. */
  readonly total: number;
  /** Called with the places in view: from `first` on and before `end`. */
  readonly onView: (first: number, end: number) => void;
}

export interface GridProps<Row> {
  readonly label: string;
  readonly columns: readonly GridColumn<Row>[];
  /** All rows, or those at the places that `part` says. */
  readonly rows: readonly Row[];
  readonly part?: GridPart;
  readonly keyOf: (row: Row) => string;
  /** A column's id, with "-" before it: descending. */
  readonly sort?: string;
  readonly onSort?: (sort: string) => void;
  readonly onOpen?: (row: Row) => void;
  readonly onMark?: (row: Row) => void;
  readonly marked?: Pick<ReadonlySet<string>, "has">;
  /** What an opened row shows below its cells. */
  readonly detail?: (row: Row) => ComponentChildren;
  readonly expanded?: ReadonlySet<string>;
  readonly onExpand?: (row: Row, isExpanded: boolean) => void;
  readonly onDelete?: (row: Row) => void;
  /** One cell in place of all, where the page is narrow. */
  readonly card?: (row: Row, isActive: boolean) => ComponentChildren;
  readonly rowHeight?: number;
  readonly cardHeight?: number;
  /** Called with the row that has the focus. */
  readonly onActive?: (row: Row) => void;
  readonly isSelected?: (row: Row) => boolean;
}

/**
 * A table of any number of rows, of which those in view are in the document (`role="grid"`; `treegrid` where rows expand). One row has the
 * focus; arrows, Home, End and the page keys move it, Enter opens it, `x` marks it, → and ← expand and collapse it.
 * The edge of a heading is dragged, or Shift and an arrow are pressed there, to change the width of its column.
 */
export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, keyOf, card, rowHeight = 32, cardHeight = 96 } = props;
  const { columns, changeWidth } = useColumnWidths(label, props.columns);
  const scroller = useRef<HTMLDivElement>(null);
  const isNarrow = useNarrow() && card !== undefined;
  const { start: firstPlace, total, onView } = props.part ?? { start: 0, total: rows.length };
  const rowAt = (index: number): Row | undefined => rows[index - firstPlace];
  const [active, setActive] = useState<{ readonly index: number; readonly key?: string }>({
    index: 0,
  });
  const hasGroups = columns.some(({ group }) => group !== undefined);
  const headHeight = isNarrow ? 0 : hasGroups ? 46 : 30;
  const virtual = useVirtualRows({
    ...{ count: total, scroller, headHeight },
    rowHeight: isNarrow ? cardHeight : rowHeight,
    keyOf: (index) => {
      const row = rowAt(index);
      return row === undefined ? `~${index}` : keyOf(row);
    },
  });
  const [first, end] = [virtual.items[0]?.index ?? 0, (virtual.items.at(-1)?.index ?? 0) + 1];
  useEffect(() => onView?.(first, end), [first, end]);
  // The row with the focus keeps it where the order moves it.
  const moved = rows.findIndex((row) => keyOf(row) === active.key);
  const activeIndex = moved < 0 ? Math.min(active.index, total - 1) : firstPlace + moved;
  // A row in view can always be reached with Tab.
  const tabStop = activeIndex >= first && activeIndex < end ? activeIndex : first;
  const wantsFocus = useRef(false);
  useEffect(() => {
    if (!wantsFocus.current) return;
    const place = `[aria-rowindex="${activeIndex + (isNarrow ? 1 : 2)}"]`;
    const row = scroller.current?.querySelector<HTMLElement>(`.grid-row${place}`);
    if (!row) return;
    wantsFocus.current = false;
    row.focus({ preventScroll: true });
  });
  const activate = (index: number, { focus }: { readonly focus: boolean }) => {
    const row = rowAt(index);
    setActive(row === undefined ? { index } : { index, key: keyOf(row) });
    if (row !== undefined) props.onActive?.(row);
    if (!focus) return;
    wantsFocus.current = true;
    virtual.scrollTo(index);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const row = rowAt(activeIndex);
    if (row === undefined || event.target !== event.currentTarget) return;
    const visible = Math.floor((scroller.current?.clientHeight ?? 600) / rowHeight) - 2;
    const command = gridKey(event, { index: activeIndex, count: total, page: visible });
    if (!command) return;
    if (runCommand(command.what, row, props) === false) return;
    if (command.what === "move") activate(command.to, { focus: true });
    event.preventDefault();
  };
  const minimum = columns.reduce((sum, { width }) => sum + width, 0) + 24;
  const role = {
    role: props.detail ? ("treegrid" as const) : ("grid" as const),
    "aria-label": label,
    "aria-rowcount": total + (isNarrow ? 0 : 1),
    "aria-colcount": isNarrow ? 1 : columns.length,
    "aria-multiselectable": props.onMark !== undefined,
  };
  return (
    <div
      class={`grid${isNarrow ? " grid-cards" : ""}`}
      ref={scroller}
      {...role}
      style={{ "--columns": templateOf(columns), "--minimum": isNarrow ? "0" : `${minimum}px` }}
    >
      {!isNarrow && (
        <GridHead columns={columns} sort={props.sort} onSort={props.onSort} onWidth={changeWidth} />
      )}
      <div
        class="grid-rows"
        role="rowgroup"
        style={{ height: `${virtual.totalHeight - headHeight}px` }}
      >
        {virtual.items.map(({ index, start, key }) => {
          const row = rowAt(index);
          const top = `${start - headHeight}px`;
          const height = `${isNarrow ? cardHeight : rowHeight}px`;
          if (row === undefined) {
            const place = { top, "--row-height": height };
            return <div key={key} class="grid-slot grid-row" aria-hidden="true" style={place} />;
          }
          const id = keyOf(row);
          const isActive = index === tabStop;
          const isExpanded = props.expanded?.has(id) ?? false;
          return (
            <div
              key={key}
              data-index={index}
              ref={isExpanded ? virtual.measure : null}
              class={`grid-slot${isExpanded ? " expanded" : ""}`}
              role="presentation"
              style={{ top, "--row-height": height }}
            >
              <div
                role="row"
                class="grid-row"
                data-key={id}
                tabIndex={isActive ? 0 : -1}
                aria-rowindex={index + (isNarrow ? 1 : 2)}
                aria-selected={props.isSelected?.(row) ?? props.marked?.has(id) ?? false}
                aria-expanded={props.detail ? isExpanded : undefined}
                onFocusIn={() => {
                  if (active.key !== id) activate(index, { focus: false });
                }}
                onKeyDown={onKeyDown}
                onDblClick={() => props.onOpen?.(row)}
              >
                {isNarrow ? (
                  <div role="gridcell" class="grid-card">
                    {card?.(row, isActive)}
                  </div>
                ) : (
                  columns.map((column) => (
                    <div
                      key={column.id}
                      role="gridcell"
                      class={`cell cell-${column.id}${column.align ? " number" : ""}`}
                    >
                      {column.cell(row, isActive)}
                    </div>
                  ))
                )}
              </div>
              {isExpanded && (
                <div role="row" class="grid-detail">
                  <div role="gridcell" aria-colspan={columns.length}>
                    {props.detail?.(row)}
                  </div>
                </div>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

/** Runs a command of the keyboard; false: the grid has no such command. */
function runCommand<Row>(what: string, row: Row, props: GridProps<Row>): unknown {
  switch (what) {
    case "open":
      return props.onOpen?.(row) ?? props.onOpen !== undefined;
    case "mark":
      return props.onMark?.(row) ?? props.onMark !== undefined;
    case "delete":
      return props.onDelete?.(row) ?? props.onDelete !== undefined;
    case "expand":
    case "collapse":
      return props.onExpand?.(row, what === "expand") ?? props.onExpand !== undefined;
    default:
      return true;
  }
}

const NARROW = "(width < 720px)";

/** Whether the page is so narrow that tables become cards. */
function useNarrow(): boolean {
  const [isNarrow, setNarrow] = useState(() => matchMedia(NARROW).matches);
  useEffect(() => {
    const query = matchMedia(NARROW);
    const change = () => setNarrow(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return isNarrow;
}
