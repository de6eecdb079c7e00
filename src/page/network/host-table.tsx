// SPDX-License-Identifier: Apache-2.0
import { signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { HostView } from "../../contract/hosts.ts";
import { route, setQuery } from "../app/route.ts";
import { hosts } from "../data/store.ts";
import { ORIGINS } from "../map/item-details.tsx";
import type { GridColumn } from "../ui/columns/grid-column.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { formatAge, plural } from "../ui/format.ts";
import { Grid } from "../ui/grid.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Badge } from "../ui/state-badge.tsx";
import { HostDetail } from "./host-detail.tsx";
import { HostForm } from "./host-form.tsx";
import { matchesQuery, sortedBy } from "./search.ts";
import { NoHit, TableTools } from "./table-tools.tsx";

const placeText = ({ switch: name, port }: HostView) => `${name}:${port}`;

const SORTS: Readonly<Record<string, (row: HostView) => string | number>> = {
  name: ({ name, mac }) => name ?? `￿${mac}`,
  mac: ({ mac }) => mac,
  ips: ({ ips }) => ips[0] ?? "",
  place: placeText,
  origin: ({ origin }) => origin,
  seen: ({ lastSeen }) => lastSeen ?? "",
  conflicts: ({ conflicts }) => conflicts?.length ?? 0,
};

const COLUMNS: readonly GridColumn<HostView>[] = [
  {
    ...{ id: "name", label: "Name", width: 130, grow: 1, isSortable: true },
    cell: (row, isActive) => (
      <>
        <button
          type="button"
          class="expander"
          aria-label={`Details of ${row.name ?? row.mac}`}
          aria-expanded={open.value.has(row.mac)}
          tabIndex={isActive ? 0 : -1}
          onClick={() => toggle(row)}
        >
          <span aria-hidden="true">{open.value.has(row.mac) ? "▾" : "▸"}</span>
        </button>
        {row.name ?? <span class="muted">–</span>}
        {row.role === "monitor" && <span class="muted"> monitor</span>}
      </>
    ),
  },
  { id: "mac", label: "MAC", width: 164, isSortable: true, cell: ({ mac }) => <code>{mac}</code> },
  {
    ...{ id: "ips", label: "IP addresses", width: 180, grow: 1, isSortable: true },
    cell: ({ ips }) =>
      ips.length === 0 ? (
        <span class="muted">–</span>
      ) : (
        <span title={ips.join(", ")}>{ips.join(", ")}</span>
      ),
  },
  { id: "place", label: "Place", width: 120, isSortable: true, cell: placeText },
  {
    ...{ id: "origin", label: "Known from", width: 120, isSortable: true },
    cell: ({ origin }) => ORIGINS[origin],
  },
  {
    ...{ id: "vlans", label: "VLANs", width: 80 },
    cell: ({ vlans }) =>
      vlans === undefined || vlans.length === 0 ? <span class="muted">–</span> : vlans.join(", "),
  },
  {
    ...{ id: "conflicts", label: "Conflicts", width: 110, isSortable: true },
    cell: ({ conflicts }) =>
      conflicts === undefined || conflicts.length === 0 ? (
        <span class="muted">none</span>
      ) : (
        <Badge tone="warn" glyph="▲" word={plural(conflicts.length, "conflict")} />
      ),
  },
  {
    ...{ id: "seen", label: "Last seen", width: 104, isSortable: true },
    cell: ({ lastSeen }) => <span title={lastSeen}>{formatAge(lastSeen, Date.now())}</span>,
  },
];

const open = signal<ReadonlySet<string>>(new Set());

function toggle({ mac }: HostView, isExpanded = !open.value.has(mac)): void {
  const next = new Set(open.value);
  if (isExpanded) next.add(mac);
  else next.delete(mac);
  open.value = next;
}

/** All hosts; a row opens to what concerns the host. */
export function HostTable() {
  const known = hosts.value;
  const expanded = open.value;
  const [isAdding, setAdding] = useState(false);
  const { q = "", sort = "name" } = route.value.query;
  const rows = useMemo(() => {
    const shown = [...(known?.values() ?? [])].filter((host) =>
      matchesQuery(q, [
        ...[host.name, host.mac, ...host.ips, placeText(host), host.origin, host.role],
        ...(host.vlans ?? []).map((vlan) => `vlan ${vlan}`),
        (host.conflicts?.length ?? 0) > 0 ? "conflict" : undefined,
      ]),
    );
    return sortedBy(shown, sort, SORTS);
  }, [known, q, sort]);
  if (!known) return <Skeleton lines={8} />;
  return (
    <>
      <TableTools
        {...{ what: "hosts", shown: rows.length, total: known.size }}
        placeholder="Filter: name, address, switch:port, learned, conflict"
      >
        <HostForm isOpen={isAdding} onToggle={setAdding} />
      </TableTools>
      {known.size === 0 && (
        <EmptyState title="No host yet">
          Hosts appear when they send a frame. Name those that are silent: policies can use a host
          before it says anything.
        </EmptyState>
      )}
      {known.size > 0 && rows.length === 0 && <NoHit what="host" />}
      {rows.length > 0 && (
        <Grid
          {...{ label: "Hosts", columns: COLUMNS, rows, sort, expanded }}
          keyOf={({ mac }) => mac}
          onSort={(next) => setQuery({ sort: next })}
          onOpen={(row) => toggle(row)}
          onExpand={toggle}
          detail={(row) => <HostDetail host={row} />}
          card={(row) => (
            <>
              <p class="card-line">
                <button type="button" class="button quiet" onClick={() => toggle(row)}>
                  {row.name ?? row.mac}
                </button>
                <span class="muted">{placeText(row)}</span>
              </p>
              <p class="muted">{[row.mac, ...row.ips].join(", ")}</p>
            </>
          )}
        />
      )}
    </>
  );
}
