// SPDX-License-Identifier: Apache-2.0
import { NEW, openEditor } from "../app/editing.ts";
import { href } from "../app/hash.ts";
import { useShortcuts } from "../app/keys.ts";
import { go, setQuery } from "../app/route.ts";
import type { PolicyRow } from "../data/policy-row.ts";
import { may } from "../data/session-state.ts";
import { isLive, policies } from "../data/store.ts";
import { Button } from "../ui/button.tsx";
import { EmptyState } from "../ui/empty-state.tsx";
import { formatCount, plural } from "../ui/format.ts";
import { Grid } from "../ui/grid.tsx";
import type { GridColumn } from "../ui/grid-column.ts";
import { Skeleton } from "../ui/skeleton.tsx";
import { StateBadge } from "../ui/state-badge.tsx";
import { REMOVE } from "./actions.ts";
import { BulkBar, clearMarks, DeleteQuestion, toDelete } from "./bulk-bar.tsx";
import { CELLS, DirectionMark, Monitors, Party } from "./cells.tsx";
import { ColumnChooser } from "./column-chooser.tsx";
import { filterSummary } from "./columns.ts";
import { QueryBox } from "./query-box.tsx";
import { RowDetail } from "./row-detail.tsx";
import { RowMenu, readOnlyReason } from "./row-menu.tsx";
import { Starters } from "./starters.tsx";
import {
  expanded,
  isCompact,
  marked,
  query,
  queryText,
  setExpanded,
  shownColumns,
  shownRows,
  sortText,
  toggleMark,
} from "./table-state.ts";
import { useFreshCounters } from "./use-fresh-counters.ts";

/** All policies: filter, order, marks and what can be done with them. */
export function PolicyTable() {
  useFreshCounters();
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
  const all = policies.value;
  const rows = shownRows.value;
  if (!all || !rows) return <Skeleton lines={12} />;
  if (all.size === 0) {
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
        <QueryBox />
        <span class="muted" role="status">
          {rows.length === all.size
            ? plural(all.size, "policy", "policies")
            : `${formatCount(rows.length)} of ${plural(all.size, "policy", "policies")}`}
        </span>
        <span class="spacer" />
        <ColumnChooser />
        <NewPolicyButton />
      </div>
      {marked.value.size > 0 && <BulkBar />}
      {rows.length === 0 ? <NoHit /> : <Rows rows={rows} />}
      <DeleteQuestion />
    </div>
  );
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
      The filter is <code>{queryText.value}</code>.{" "}
      {query.value.problem === undefined ? "" : "A part of it is not understood."}
    </EmptyState>
  );
}

function Rows({ rows }: { readonly rows: readonly PolicyRow[] }) {
  const columns: GridColumn<PolicyRow>[] = [
    { id: "mark", label: "", name: "Marked", width: 56, cell: markCell },
    ...shownColumns.value.map(({ id, label, group, width, grow, align }) => ({
      ...{ id, label, width, isSortable: true, cell: CELLS[id] ?? (() => null) },
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
      keyOf={(row) => row.id}
      sort={sortText.value}
      onSort={(sort) => setQuery({ sort })}
      onOpen={(row) => go(["policies", row.id])}
      onMark={(row) => toggleMark(row.id)}
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
  const ids = marked.value.size > 0 ? [...marked.value] : [row.id];
  const known = ids.flatMap((id) => policies.value?.get(id) ?? []);
  toDelete.value = known
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
        onChange={() => toggleMark(row.id)}
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
