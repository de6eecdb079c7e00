// SPDX-License-Identifier: Apache-2.0
import { NEW, openEditor } from "../app/editing.ts";
import { href } from "../app/hash.ts";
import { useShortcuts } from "../app/keys.ts";
import { go, setQuery } from "../app/route.ts";
import { useRowWindow } from "../data/policy-list.ts";
import type { PolicyRow } from "../data/policy-row.ts";
import type { RowWindow } from "../data/row-window.ts";
import { may } from "../data/session-state.ts";
import { isLive, policyCounts } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import type { GridColumn } from "../ui/columns/grid-column.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { formatCount, plural } from "../ui/format.ts";
import { Grid } from "../ui/grid.tsx";
import { Problem } from "../ui/problem.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { REMOVE } from "./actions.ts";
import { BulkBar, clearMarks, DeleteQuestion, toDelete } from "./bulk-bar.tsx";
import { CELLS, DirectionMark, Monitors, Party } from "./cells.tsx";
import { ColumnChooser } from "./column-chooser.tsx";
import { filterSummary, serverSort } from "./columns.ts";
import { QueryBox } from "./query-box.tsx";
import { RowDetail } from "./row-detail.tsx";
import { RowMenu, readOnlyReason } from "./row-menu.tsx";
import { Starters } from "./starters.tsx";
import {
  expanded,
  isCompact,
  marked,
  queryText,
  setExpanded,
  shownColumns,
  sortText,
  toggleMark,
} from "./table-state.ts";

/** All policies: filter, order, marks and what can be done with them. */
export function PolicyTable() {
  useShortcuts([
    {
      keys: "Escape",
      what: "Clear the marks",
      run: () => {
        if (marked.value.size === 0) return false;
        clearMarks();
        return true;
      },
    },
    {
      keys: "j",
      what: "Go to the rows of the table",
      run: () => document.querySelector<HTMLElement>('.grid [role="row"][tabindex="0"]')?.focus(),
    },
  ]);
  const list = useRowWindow({ q: queryText.value, sort: serverSort(sortText.value) });
  const { total, problem, query } = list.known.value;
  const isFiltered = query?.q !== "";
  const isWrong = problem?.kind === "invalid-query";
  if (total === undefined && !isWrong) {
    if (problem) return <Problem problem={problem} retry={() => list.refresh()} />;
    return <Skeleton lines={12} />;
  }
  if (total === 0 && !isFiltered) {
    return (
      <>
        <h1 class="hidden-text">Policies</h1>
        <Starters />
      </>
    );
  }
  return (
    <div class="policy-table">
      <div class="toolbar">
        <h1 class="hidden-text">Policies</h1>
        <QueryBox problem={isWrong ? problem.detail.replace(/^q: /, "") : undefined} />
        <span class="muted" role="status">
          {countText(total ?? 0, isFiltered)}
        </span>
        <span class="spacer" />
        <ColumnChooser />
        <NewPolicyButton />
      </div>
      {marked.value.size > 0 && <BulkBar />}
      {total ? <Rows list={list} total={total} /> : <NoHit />}
      <DeleteQuestion />
    </div>
  );
}

/** How many policies are shown, of how many. */
function countText(shown: number, isFiltered: boolean): string {
  const all = isFiltered ? policyCounts.value?.total : shown;
  if (all === undefined || all === shown) return plural(shown, "policy", "policies");
  return `${formatCount(shown)} of ${plural(all, "policy", "policies")}`;
}

function NewPolicyButton() {
  const isAllowed = may("POST /api/v1/policies");
  if (!isAllowed) return null;
  return (
    <Button
      kind="primary"
      icon="+"
      disabled={!isLive.value}
      why={isLive.value ? undefined : "There is no connection to the controller."}
      onClick={() => openEditor(NEW)}
    >
      New policy
    </Button>
  );
}

function NoHit() {
  return (
    <EmptyState
      title="No policy matches the filter"
      actions={<Button onClick={() => setQuery({ q: undefined })}>Clear the filter</Button>}
    >
      The filter is <code>{queryText.value}</code>.
    </EmptyState>
  );
}

function Rows({ list, total }: { readonly list: RowWindow; readonly total: number }) {
  const { start, rows } = list.known.value;
  const columns: GridColumn<PolicyRow>[] = [
    { id: "mark", label: "", name: "Marked", width: 56, cell: markCell },
    ...shownColumns.value.map(({ id, label, group, width, grow, align, sort }) => ({
      ...{ id, label, width, isSortable: sort !== undefined, cell: CELLS[id] ?? (() => null) },
      ...(group !== undefined && { group }),
      ...(grow !== undefined && { grow }),
      ...(align !== undefined && { align }),
      ...(label === "" && { name: "Direction" }),
    })),
    {
      ...{ id: "menu", label: "", name: "Actions", width: 40 },
      cell: (row, isActive) => <RowMenu row={row} tabIndex={isActive ? 0 : -1} />,
    },
  ];
  return (
    <Grid
      label="Policies"
      columns={columns}
      rows={rows}
      part={{ start, total, onView: (first, end) => list.show(first, end) }}
      keyOf={(row) => row.id}
      sort={sortText.value}
      onSort={(sort) => setQuery({ sort })}
      onOpen={(row) => go(["policies", row.id])}
      onMark={toggleMark}
      marked={marked.value}
      expanded={expanded.value}
      onExpand={(row, isExpanded) => setExpanded(row.id, isExpanded)}
      onDelete={askToDelete}
      detail={(row) => <RowDetail row={row} />}
      card={(row, isActive) => <Card row={row} isActive={isActive} />}
      rowHeight={isCompact.value ? 32 : 40}
      cardHeight={106}
    />
  );
}

function askToDelete(row: PolicyRow): void {
  const rows = marked.value.size > 0 ? [...marked.value.values()] : [row];
  toDelete.value = rows
    .filter((each) => readOnlyReason(each, REMOVE) === undefined)
    .map(({ id }) => id);
}

function markCell(row: PolicyRow, isActive: boolean) {
  const isExpanded = expanded.value.has(row.id);
  return (
    <>
      <input
        type="checkbox"
        aria-label={`Mark ${row.id}`}
        checked={marked.value.has(row.id)}
        tabIndex={isActive ? 0 : -1}
        onChange={() => toggleMark(row)}
      />
      <button
        type="button"
        class="expander"
        aria-label={`${isExpanded ? "Hide" : "Show"} why ${row.id} is ${row.state}`}
        aria-expanded={isExpanded}
        tabIndex={isActive ? 0 : -1}
        onClick={() => setExpanded(row.id, !isExpanded)}
      >
        <span aria-hidden="true">{isExpanded ? "▾" : "▸"}</span>
      </button>
    </>
  );
}

/** A policy where the page is narrow. */
function Card({ row, isActive }: { readonly row: PolicyRow; readonly isActive: boolean }) {
  return (
    <>
      <div class="card-line">
        <a href={href(["policies", row.id])} tabIndex={isActive ? 0 : -1} class="card-id">
          {row.id}
        </a>
        <StateBadge state={row.state} />
        <span class="spacer" />
        <RowMenu row={row} tabIndex={isActive ? 0 : -1} />
      </div>
      <div class="card-line">
        <Party party={row.sender} /> <DirectionMark direction={row.direction} />{" "}
        <Party party={row.receiver} />
      </div>
      <div class="card-line muted">
        <Monitors monitors={row.monitors} />
        <span class="card-filters">{filterSummary(row)}</span>
        <span class="spacer" />
        {formatCount(row.copied)} copied
      </div>
    </>
  );
}
