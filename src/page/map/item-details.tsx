// SPDX-License-Identifier: Apache-2.0
import type { ComponentChildren } from "preact";
import { href } from "../app/hash.ts";
import { LinkRates } from "../chart/link-rates.tsx";
import { hosts, links, rates, switches } from "../data/store.ts";
import { Badge } from "../ui/state-badge.tsx";
import { countPorts, type MapGraph, type MapLink } from "./model/graph.ts";
import { formatRate } from "./model/traffic.ts";
import type { MapItem } from "./view/items.ts";

interface ItemDetailsProps {
  readonly graph: MapGraph;
  readonly item: MapItem;
  /** Without links and long lists: beside the pointer. */
  readonly isBrief?: boolean;
}

/** What the map knows of a switch, link or host. */
export function ItemDetails({ graph, item, isBrief = false }: ItemDetailsProps) {
  switch (item.kind) {
    case "switch":
      return <SwitchDetails dpid={item.dpid} isBrief={isBrief} />;
    case "link": {
      const link = graph.links.find(({ id }) => id === item.id);
      return link ? <LinkDetails link={link} isBrief={isBrief} /> : null;
    }
    case "host":
      return <HostDetails mac={item.mac} isBrief={isBrief} />;
    case "fan":
      return <FanDetails graph={graph} dpid={item.dpid} isBrief={isBrief} />;
    default:
      throw new Error(item satisfies never);
  }
}

function SwitchDetails({ dpid, isBrief }: { readonly dpid: string; readonly isBrief: boolean }) {
  const entry = switches.value?.find((each) => each.dpid === dpid);
  if (!entry) return null;
  const { ports, portsUp } = countPorts(entry.ports);
  const attached = [...(hosts.value?.values() ?? [])].filter((host) => host.dpid === dpid).length;
  return (
    <>
      <h2>
        {entry.name}{" "}
        {entry.connected ? (
          <Badge tone="good" glyph="●" word="connected" />
        ) : (
          <Badge tone="bad" glyph="⊗" word="not connected" />
        )}
      </h2>
      <dl class="facts">
        <Fact name="Datapath">
          <code>{dpid}</code>
        </Fact>
        <Fact name="Ports">
          {portsUp} of {ports} up
        </Fact>
        <Fact name="Hosts">{attached}</Fact>
        {entry.refused !== undefined && entry.refused.count > 0 && (
          <Fact name="Refused">{entry.refused.count} entries</Fact>
        )}
      </dl>
      {!isBrief && <a href={href(["network", "switches", dpid])}>Ports, rules and groups</a>}
    </>
  );
}

function LinkDetails({ link, isBrief }: { readonly link: MapLink; readonly isBrief: boolean }) {
  const { a, b, state, problem } = link;
  const known = [...(links.value?.values() ?? [])].find(
    (each) =>
      [each.a, each.b].some(({ dpid, port }) => dpid === a.dpid && port === a.port) &&
      [each.a, each.b].some(({ dpid, port }) => dpid === b.dpid && port === b.port),
  );
  const look = { up: "good", down: "bad", doubtful: "warn" } as const;
  const directions = [
    { from: a, to: b },
    { from: b, to: a },
  ].map((each) => ({
    ...each,
    name: `${each.from.switch}:${each.from.port} → ${each.to.switch}:${each.to.port}`,
  }));
  const glyph = { up: "●", down: "✕", doubtful: "◌" }[state];
  return (
    <>
      <h2>
        {a.switch} ↔ {b.switch}{" "}
        <Badge tone={look[state]} glyph={glyph} word={state === "doubtful" ? "not used" : state} />
      </h2>
      {problem !== undefined && state !== "down" && <p class="muted">{problem}</p>}
      {isBrief && <RateTable directions={directions} />}
      <dl class="facts">
        {known && <Fact name="Known from">{known.origin === "file" ? "file" : "discovery"}</Fact>}
        {link.isOutsideTree && (
          <Fact name="Carries">frames for known hosts; outside the spanning tree, no floods</Fact>
        )}
        {known && <Fact name="Cost">{known.copyWeight ?? known.weight}</Fact>}
        <Fact name="MTU">tagged copies are 4 bytes longer</Fact>
      </dl>
      {!isBrief &&
        directions.map(({ from, name }) => <LinkRates key={name} from={from} name={name} />)}
    </>
  );
}

interface Direction {
  readonly from: MapLink["a"];
  readonly name: string;
}

/** The rates of now; a selected link has charts. */
function RateTable({ directions }: { readonly directions: readonly Direction[] }) {
  return (
    <table class="rates-table">
      <thead>
        <tr>
          <th scope="col">Direction</th>
          <th scope="col">Originals</th>
          <th scope="col">Copies</th>
        </tr>
      </thead>
      <tbody>
        {directions.map(({ from, name }) => {
          const rate = rates.value?.links.get(`${from.dpid}/${from.port}`);
          const originals =
            rate && rate.pps !== null && rate.copiesPps !== null
              ? Math.max(0, rate.pps - rate.copiesPps)
              : rate?.pps;
          return (
            <tr key={from.dpid + from.port}>
              <th scope="row">{name}</th>
              <td>{formatRate(originals, "pps")}</td>
              <td>{formatRate(rate?.copiesPps, "pps")}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function HostDetails({ mac, isBrief }: { readonly mac: string; readonly isBrief: boolean }) {
  const host = hosts.value?.get(mac);
  if (!host) return null;
  return (
    <>
      <h2>{host.name ?? host.ips[0] ?? mac}</h2>
      <dl class="facts">
        <Fact name="MAC">
          <code>{mac}</code>
        </Fact>
        {host.ips.length > 0 && <Fact name="IP">{host.ips.join(", ")}</Fact>}
        <Fact name="Place">
          {host.switch} port {host.port}
        </Fact>
        <Fact name="Known from">{ORIGINS[host.origin]}</Fact>
      </dl>
      {!isBrief && (
        <p class="item-links">
          <a href={href(["explain"], { at: host.name ?? mac })}>Explain a frame from here</a>
          <a href={href(["network", "hosts"], { q: mac })}>Open in hosts</a>
        </p>
      )}
    </>
  );
}

/** Where the name and place of a host come from. */
export const ORIGINS = {
  file: "topology file",
  api: "REST client",
  ovsdb: "database of the switch",
  learned: "its own frames",
} as const;

const MOST_LISTED = 12;

function FanDetails({
  graph,
  dpid,
  isBrief,
}: {
  readonly graph: MapGraph;
  readonly dpid: string;
  readonly isBrief: boolean;
}) {
  const entry = graph.switches.get(dpid);
  const fan = entry?.rows.find((row) => row.kind === "fan");
  if (!entry || fan?.kind !== "fan") return null;
  return (
    <>
      <h2>
        {fan.hosts.length} hosts on {entry.name}
      </h2>
      {!isBrief && (
        <ul class="item-hosts">
          {fan.hosts.slice(0, MOST_LISTED).map(({ mac, label, port }) => (
            <li key={mac}>
              <a href={href(["network", "hosts"], { q: mac })}>{label}</a>{" "}
              <span class="muted">port {port}</span>
            </li>
          ))}
        </ul>
      )}
      {!isBrief && (
        <a href={href(["network", "hosts"], { q: entry.name })}>All hosts of {entry.name}</a>
      )}
    </>
  );
}

function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}
