// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "preact/hooks";
import type { LinkView } from "../../contract/links.ts";
import { href } from "../app/hash.ts";
import { go, route, setQuery } from "../app/route.ts";
import { linkKey } from "../data/live-state.ts";
import { links, rates } from "../data/store.ts";
import { useRates } from "../data/stream-query.ts";
import { mapGraph } from "../map/model/graph.ts";
import { formatRate } from "../map/model/traffic.ts";
import type { GridColumn } from "../ui/columns/grid-column.ts";
import { EmptyState } from "../ui/empty-state.tsx";
import { formatAge } from "../ui/format.ts";
import { Grid } from "../ui/grid.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Badge } from "../ui/state-badge.tsx";
import { matchesQuery, sortedBy } from "./search.ts";
import { NoHit, TableTools } from "./table-tools.tsx";

const endText = ({ switch: name, port }: LinkView["a"]) => `${name}:${port}`;
const rateFrom = ({ dpid, port }: LinkView["a"]) => rates.value?.links.get(`${dpid}/${port}`)?.pps;

const SORTS: Readonly<Record<string, (row: LinkView) => string | number>> = {
  state: ({ state }) => state,
  a: ({ a }) => endText(a),
  b: ({ b }) => endText(b),
  cost: ({ weight }) => weight,
  there: ({ a }) => rateFrom(a) ?? -1,
  back: ({ b }) => rateFrom(b) ?? -1,
  origin: ({ origin }) => origin,
};

const COLUMNS: readonly GridColumn<LinkView>[] = [
  {
    id: "state",
    label: "State",
    width: 140,
    isSortable: true,
    cell: (row) => <LinkBadge link={row} />,
  },
  { id: "a", label: "End", width: 130, grow: 1, isSortable: true, cell: ({ a }) => endText(a) },
  {
    id: "b",
    label: "Other end",
    width: 130,
    grow: 1,
    isSortable: true,
    cell: ({ b }) => endText(b),
  },
  {
    ...{ id: "there", label: "→", name: "Rate to the other end", width: 92, align: "end" },
    isSortable: true,
    cell: ({ a }) => formatRate(rateFrom(a), "pps"),
  },
  {
    ...{ id: "back", label: "←", name: "Rate from the other end", width: 92, align: "end" },
    isSortable: true,
    cell: ({ b }) => formatRate(rateFrom(b), "pps"),
  },
  {
    ...{ id: "cost", label: "Cost", width: 96, align: "end", isSortable: true },
    cell: ({ weight, copyWeight }) =>
      copyWeight === undefined ? weight : `${weight} (copies ${copyWeight})`,
  },
  {
    ...{ id: "origin", label: "Known from", width: 104, isSortable: true },
    cell: ({ origin }) => (origin === "file" ? "file" : "discovery"),
  },
  {
    ...{ id: "since", label: "Since", width: 96 },
    cell: ({ since }) => (
      <span title={since}>{since === undefined ? "–" : formatAge(since, Date.now())}</span>
    ),
  },
  {
    ...{ id: "problem", label: "Problem", width: 120, grow: 1 },
    cell: ({ problem }) => problem ?? <span class="muted">none</span>,
  },
];

/** All links, with their rates in both directions. */
export function LinkTable() {
  useRates();
  const known = links.value;
  const { q = "", sort = "a" } = route.value.query;
  const rows = useMemo(() => {
    const shown = [...(known?.values() ?? [])].filter(({ a, b, state, origin }) =>
      matchesQuery(q, [endText(a), endText(b), state, origin]),
    );
    return sortedBy(shown, sort, SORTS);
  }, [known, q, sort, rates.value]);
  if (!known) return <Skeleton lines={8} />;
  if (known.size === 0) {
    return (
      <EmptyState title="No link yet">
        OpenVTAP probes the ports of connected switches; a link appears a second after it is
        plugged.
      </EmptyState>
    );
  }
  return (
    <>
      <TableTools
        {...{ what: "links", shown: rows.length, total: known.size }}
        placeholder="Filter: switch:port, down, discovered"
      />
      {rows.length === 0 ? (
        <NoHit what="link" />
      ) : (
        <Grid
          {...{ label: "Links", columns: COLUMNS, rows, sort, keyOf: linkKey }}
          onSort={(next) => setQuery({ sort: next })}
          onOpen={(link) => go(["map"], { item: mapItemOf(link) })}
          card={(row, isActive) => (
            <>
              <p class="card-line">
                <a href={href(["map"], { item: mapItemOf(row) })} tabIndex={isActive ? 0 : -1}>
                  {endText(row.a)} ↔ {endText(row.b)}
                </a>
                <LinkBadge link={row} />
              </p>
              <p class="muted">
                → {formatRate(rateFrom(row.a), "pps")} · ← {formatRate(rateFrom(row.b), "pps")}
              </p>
            </>
          )}
        />
      )}
    </>
  );
}

/** The link's item on the map, as its address has it. */
function mapItemOf(link: LinkView): string {
  const [found] = mapGraph({ switches: [], links: [link], hosts: [] }).links;
  return `link:${found?.id}`;
}

function LinkBadge({ link: { state, up } }: { readonly link: LinkView }) {
  if (state === "down") return <Badge tone="bad" glyph="✕" word="down" />;
  if (up) return <Badge tone="good" glyph="●" word="up" />;
  return <Badge tone="warn" glyph="◌" word={state === "up" ? "not used" : state} />;
}
