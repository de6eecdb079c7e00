// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../src/openflow/index.ts";
import { dpidFromBigint, type TopologyConfig } from "../src/topology/index.ts";

/** Switches of the three tiers of a data centre. */
export const TIERS = { core: 4, aggregation: 16, edge: 80 } as const;

const EDGE_LINKS = 2;

/** A link between switches `a` and `b`, numbered from 1 over the tiers from the core down, with ports. */
export interface TierLink {
  readonly a: number;
  readonly aPort: number;
  readonly b: number;
  readonly bPort: number;
}

/** Every aggregation switch is linked to every core, every edge switch to two aggregation switches. */
export function tierLinks(): TierLink[] {
  const used = new Map<number, number>();
  const next = (at: number) => {
    used.set(at, (used.get(at) ?? 0) + 1);
    return 1000 + (used.get(at) ?? 0);
  };
  const links: TierLink[] = [];
  const add = (a: number, b: number) => links.push({ a, aPort: next(a), b, bPort: next(b) });
  const firstEdge = TIERS.core + TIERS.aggregation;
  for (let agg = 0; agg < TIERS.aggregation; agg++) {
    for (let core = 0; core < TIERS.core; core++) add(core + 1, TIERS.core + agg + 1);
  }
  for (let edge = 0; edge < TIERS.edge; edge++) {
    for (let n = 0; n < EDGE_LINKS; n++) {
      add(TIERS.core + ((edge * EDGE_LINKS + n) % TIERS.aggregation) + 1, firstEdge + edge + 1);
    }
  }
  return links;
}

/** The edge switch of a host, and its port there. */
export function placeOfHost(host: number): { at: number; port: number } {
  const { core, aggregation, edge } = TIERS;
  return { at: core + aggregation + (host % edge) + 1, port: Math.floor(host / edge) + 1 };
}

export function macOf(host: number): number {
  return 0xfa0000000000 + host;
}

export function switchName(at: number): string {
  return `s${at}`;
}

/** The three tiers with hosts on the edge switches. */
export function tierConfig(hosts: number): TopologyConfig {
  const { core, aggregation, edge } = TIERS;
  const dpid = (at: number) => dpidFromBigint(BigInt(at));
  return {
    switches: Array.from({ length: core + aggregation + edge }, (_, index) => ({
      dpid: dpid(index + 1),
      name: switchName(index + 1),
      forwarding: "paths",
    })),
    links: tierLinks().map(({ a, aPort, b, bPort }) => ({
      a: { dpid: dpid(a), port: aPort },
      b: { dpid: dpid(b), port: bPort },
      weight: 1,
    })),
    hosts: Array.from({ length: hosts }, (_, host) => {
      const { at, port } = placeOfHost(host);
      return { mac: macOf(host), ips: [], dpid: dpid(at), port };
    }),
  };
}

/** Policies for pairs of hosts on all edge switches, with 60 monitors there. */
export function tierPolicies(count: number, hosts: number): Record<string, unknown>[] {
  const party = (host: number) => ({ mac: formatMac(macOf(host)) });
  const ends = hosts - 60;
  return Array.from({ length: count }, (_, n) => {
    const sender = n % ends;
    return {
      id: `p${n}`,
      sender: party(sender),
      receiver: party((sender + 1 + ((n * 37) % (ends - 1))) % ends),
      monitors: [party(ends + (n % 60))],
      filters: { tcp_dst: 1000 + (n % 10), eth_type: "ipv4" },
    };
  });
}
