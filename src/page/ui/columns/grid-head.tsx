// SPDX-License-Identifier: Apache-2.0
import { ColumnEdge } from "./column-edge.tsx";
import type { GridColumn } from "./grid-column.ts";
import type { ChangeWidth } from "./use-column-widths.ts";
import { widthAfterKey } from "./widths.ts";

interface GridHeadProps<Row> {
  readonly columns: readonly GridColumn<Row>[];
  readonly sort: string | undefined;
  readonly onSort: ((sort: string) => void) | undefined;
  readonly onWidth: ChangeWidth;
}

/** The headings: those of groups of columns, if there are any, over those of the columns. */
export function GridHead<Row>({ columns, sort = "", onSort, onWidth }: GridHeadProps<Row>) {
  const groups = groupsOf(columns);
  return (
    <div class="grid-head" role="rowgroup">
      {groups.some(({ label }) => label !== "") && (
        <div class="grid-groups" aria-hidden="true">
          {groups.map(({ label, from, to }) => (
            <span
              key={from}
              class={label === "" ? "" : "group"}
              style={{ gridColumn: `${from + 1} / ${to + 1}` }}
            >
              {label}
            </span>
          ))}
        </div>
      )}
      <div class="grid-headings" role="row" aria-rowindex={1}>
        {columns.map((column) => (
          <div
            key={column.id}
            role="columnheader"
            class={`heading${column.align ? " number" : ""}`}
            aria-sort={sortOf(column.id, sort)}
            aria-keyshortcuts={isResizable(column) ? KEYS : undefined}
            // A heading that is no button has the focus itself, so that its keys work.
            tabIndex={isResizable(column) && !(column.isSortable && onSort) ? 0 : undefined}
            onKeyDown={(event) => isResizable(column) && resize(event, column.id, onWidth)}
          >
            {heading(column, sort, onSort)}
            {isResizable(column) && <ColumnEdge id={column.id} onChange={onWidth} />}
          </div>
        ))}
      </div>
    </div>
  );
}

const KEYS = "Shift+ArrowLeft Shift+ArrowRight Shift+Home";

/** Columns of controls have a heading without a text, and one width. */
function isResizable<Row>({ label, isSortable }: GridColumn<Row>): boolean {
  return label !== "" || isSortable === true;
}

function resize(event: KeyboardEvent, id: string, onWidth: ChangeWidth): void {
  const { offsetWidth } = event.currentTarget as HTMLElement;
  const next = widthAfterKey(event, offsetWidth);
  if (next === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  onWidth(id, next === "usual" ? undefined : next);
}

function heading<Row>(
  { id, label, name, group, isSortable }: GridColumn<Row>,
  sort: string,
  onSort: GridHeadProps<Row>["onSort"],
) {
  const full = name ?? (group === undefined ? undefined : `${group} ${label}`);
  if (!isSortable || !onSort) {
    if (label === "" && full !== undefined) return <span class="hidden-text">{full}</span>;
    return <span>{label}</span>;
  }
  const isUp = sort === id;
  const mark = isUp ? "↑" : sort === `-${id}` ? "↓" : "";
  return (
    <button
      type="button"
      aria-label={full}
      title={full}
      onClick={() => onSort(isUp ? `-${id}` : id)}
    >
      {label || "⇄"}
      {mark && <span aria-hidden="true"> {mark}</span>}
    </button>
  );
}

function sortOf(id: string, sort: string): "ascending" | "descending" | undefined {
  if (sort === id) return "ascending";
  return sort === `-${id}` ? "descending" : undefined;
}

/** Neighbours of one group, and columns without one each alone. */
function groupsOf<Row>(columns: readonly GridColumn<Row>[]) {
  const groups: { label: string; from: number; to: number }[] = [];
  columns.forEach(({ group }, index) => {
    const last = groups.at(-1);
    if (group !== undefined && last?.label === group) last.to = index + 1;
    else groups.push({ label: group ?? "", from: index, to: index + 1 });
  });
  return groups;
}
