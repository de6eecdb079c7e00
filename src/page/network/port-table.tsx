// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { SwitchView } from "../../contract/switches.ts";
import { href } from "../app/hash.ts";
import { links, rates } from "../data/store.ts";
import { useRates } from "../data/stream-query.ts";
import { LOCAL_PORT } from "../map/model/graph.ts";
import { formatRate } from "../map/model/traffic.ts";
import { Badge } from "../ui/state-badge.tsx";

interface PortTableProps {
  readonly entry: SwitchView;
  readonly hosts: readonly HostView[];
}

const ROLES = {
  link: "link",
  edge: "edge",
  tap: "tap: copies only",
  probing: "probing",
} as const;

/** The ports of a switch, with what is behind them. */
export function PortTable({ entry, hosts }: PortTableProps) {
  useRates();
  if (entry.ports.length === 0) return <p class="muted">The switch has reported no port.</p>;
  return (
    <div class="scroll-x">
      <table class="plain-table">
        <thead>
          <tr>
            <th scope="col" class="number">
              Port
            </th>
            <th scope="col">Name</th>
            <th scope="col">State</th>
            <th scope="col">Role</th>
            <th scope="col">Behind it</th>
            <th scope="col" class="number">
              Sends
            </th>
            <th scope="col">MAC</th>
          </tr>
        </thead>
        <tbody>
          {entry.ports.map(({ port, name, up, role, mac }) => (
            <tr key={port}>
              <td class="number">{port === LOCAL_PORT ? "LOCAL" : port}</td>
              <td>{name || "–"}</td>
              <td>
                {up ? (
                  <Badge tone="good" glyph="●" word="up" />
                ) : (
                  <Badge tone="bad" glyph="✕" word="down" />
                )}
              </td>
              <td>{role === undefined ? "–" : ROLES[role]}</td>
              <td>
                <Behind dpid={entry.dpid} port={port} hosts={hosts} />
              </td>
              <td class="number">
                {formatRate(rates.value?.links.get(`${entry.dpid}/${port}`)?.pps, "pps")}
              </td>
              <td>
                <code>{mac}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const MOST_NAMED = 4;

function Behind({
  dpid,
  port,
  hosts,
}: {
  readonly dpid: string;
  readonly port: number;
  readonly hosts: readonly HostView[];
}) {
  for (const { a, b } of links.value?.values() ?? []) {
    for (const [near, far] of [
      [a, b],
      [b, a],
    ] as const) {
      if (near.dpid !== dpid || near.port !== port) continue;
      return (
        <a href={href(["network", "switches", far.dpid])}>
          {far.switch} port {far.port}
        </a>
      );
    }
  }
  const there = hosts.filter((host) => host.dpid === dpid && host.port === port);
  if (there.length === 0) return <span class="muted">–</span>;
  const names = there.slice(0, MOST_NAMED).map(({ name, ips, mac }) => name ?? ips[0] ?? mac);
  return (
    <>
      {names.join(", ")}
      {there.length > MOST_NAMED && ` and ${there.length - MOST_NAMED} more`}
    </>
  );
}
