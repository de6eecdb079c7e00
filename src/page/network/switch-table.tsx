// SPDX-License-Identifier: Apache-2.0
import { useMemo } from "preact/hooks";
import type { SwitchView } from "../../contract/switches.ts";
import { href } from "../app/hash.ts";
import { go, route, setQuery } from "../app/route.ts";
import { NoSwitches } from "../connect/no-switches.tsx";
import { hosts, switches } from "../data/store.ts";
import { countPorts } from "../map/model/graph.ts";
import type { GridColumn } from "../ui/columns/grid-column.ts";
import { Grid } from "../ui/grid.tsx";
import { Skeleton } from "../ui/skeleton.tsx";
import { Badge } from "../ui/state-badge.tsx";
import { matchesQuery, sortedBy } from "./search.ts";
import { NoHit, TableTools } from "./table-tools.tsx";

interface Row extends SwitchView {
  readonly portsUp: number;
  readonly portCount: number;
  readonly hostCount: number;
}

const SORTS: Readonly<Record<string, (row: Row) => string | number>> = {
  state: ({ connected }) => (connected ? 1 : 0),
  name: ({ name }) => name,
  ports: ({ portsUp }) => portsUp,
  hosts: ({ hostCount }) => hostCount,
  refused: ({ refused, overriding }) => (refused?.count ?? 0) + (overriding?.count ?? 0),
  admission: ({ admission }) => admission,
  peer: ({ address }) => address ?? "",
};

const open = ({ dpid }: Row) => go(["network", "switches", dpid]);

const COLUMNS: readonly GridColumn<Row>[] = [
  {
    id: "state",
    label: "State",
    width: 128,
    isSortable: true,
    cell: (row) => <Session entry={row} />,
  },
  {
    ...{ id: "name", label: "Name", width: 130, grow: 1, isSortable: true },
    cell: ({ name, dpid }, isActive) => (
      <a href={href(["network", "switches", dpid])} tabIndex={isActive ? 0 : -1}>
        {name}
      </a>
    ),
  },
  { id: "dpid", label: "Datapath id", width: 150, cell: ({ dpid }) => <code>{dpid}</code> },
  {
    ...{ id: "ports", label: "Ports up", width: 84, align: "end", isSortable: true },
    cell: ({ portsUp, portCount }) => `${portsUp} / ${portCount}`,
  },
  {
    ...{ id: "hosts", label: "Hosts", width: 72, align: "end", isSortable: true },
    cell: ({ hostCount }) => hostCount,
  },
  {
    ...{ id: "refused", label: "Trouble", width: 160, isSortable: true },
    cell: (row) => <Trouble entry={row} />,
  },
  {
    ...{ id: "admission", label: "Admission", width: 104, isSortable: true },
    cell: ({ admission, admissionReason }) => (
      <span title={admissionReason}>{admission === "file" ? "by file" : admission}</span>
    ),
  },
  {
    ...{ id: "peer", label: "Peer", width: 170, isSortable: true },
    cell: ({ address, transport }) =>
      address === undefined ? (
        <span class="muted">–</span>
      ) : (
        <>
          {address} <span class="muted">{transport}</span>
        </>
      ),
  },
];

/** All switches, with what troubles them. */
export function SwitchTable() {
  const known = switches.value;
  const knownHosts = hosts.value;
  const { q = "", sort = "name" } = route.value.query;
  const rows = useMemo(() => {
    const counts = new Map<string, number>();
    for (const { dpid } of knownHosts?.values() ?? []) {
      counts.set(dpid, (counts.get(dpid) ?? 0) + 1);
    }
    const all = (known ?? []).map((entry) => ({
      ...entry,
      portsUp: countPorts(entry.ports).portsUp,
      portCount: countPorts(entry.ports).ports,
      hostCount: counts.get(entry.dpid) ?? 0,
    }));
    const shown = all.filter(({ name, dpid, address, admission, connected }) =>
      matchesQuery(q, [name, dpid, address, admission, connected ? "connected" : "not connected"]),
    );
    return sortedBy(shown, sort, SORTS);
  }, [known, knownHosts, q, sort]);
  if (!known) return <Skeleton lines={8} />;
  if (known.length === 0) return <NoSwitches />;
  return (
    <>
      <TableTools
        {...{ what: "switches", shown: rows.length, total: known.length }}
        placeholder="Filter: name, datapath id, peer, quarantined"
      />
      {rows.length === 0 ? (
        <NoHit what="switch" />
      ) : (
        <Grid
          {...{ label: "Switches", columns: COLUMNS, rows, sort }}
          keyOf={({ dpid }) => dpid}
          onSort={(next) => setQuery({ sort: next })}
          onOpen={open}
          card={(row, isActive) => (
            <>
              <p class="card-line">
                <a href={href(["network", "switches", row.dpid])} tabIndex={isActive ? 0 : -1}>
                  {row.name}
                </a>
                <Session entry={row} />
              </p>
              <p class="muted">
                {row.portsUp} of {row.portCount} ports up, {row.hostCount} hosts
              </p>
              <Trouble entry={row} />
            </>
          )}
        />
      )}
    </>
  );
}

/** The session of a switch, in glyph, word and colour. */
export function Session({ entry }: { readonly entry: SwitchView }) {
  if (!entry.connected) return <Badge tone="bad" glyph="⊗" word="not connected" />;
  if (entry.admission === "quarantined") return <Badge tone="warn" glyph="▲" word="quarantined" />;
  if (entry.role === "slave") return <Badge tone="warn" glyph="▲" word="slave" />;
  return <Badge tone="good" glyph="●" word="connected" />;
}

function Trouble({ entry: { refused, overriding, markRead } }: { readonly entry: SwitchView }) {
  // A project is not shown what troubles the switches of all.
  if (!refused || !overriding) return <span class="muted">–</span>;
  if (refused.count + overriding.count === 0 && markRead === undefined) {
    return <span class="muted">none</span>;
  }
  return (
    <span class="troubles">
      {markRead !== undefined && <Badge tone="bad" glyph="✕" word="not tapped" />}
      {refused.count > 0 && <Badge tone="bad" glyph="✕" word={`${refused.count} refused`} />}
      {overriding.count > 0 && (
        <Badge tone="warn" glyph="▲" word={`${overriding.count} overriding`} />
      )}
    </span>
  );
}
