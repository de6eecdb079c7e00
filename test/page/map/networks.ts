// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { type MapGraph, type MapTopology, mapGraph } from "../../../src/page/map/model/graph.ts";

/** A datapath id from a number. */
export const dpidOf = (index: number): string => (index + 1).toString(16).padStart(16, "0");

/** A topology with switches `s1`…; links as pairs of indexes, hosts as a number for each switch. */
export function network(
  size: number,
  links: readonly (readonly [number, number])[],
  hosts: readonly number[] = [],
): MapTopology {
  const nextPort = new Map<number, number>();
  const portOf = (index: number): number => {
    const port = nextPort.get(index) ?? 1;
    nextPort.set(index, port + 1);
    return port;
  };
  const end = (index: number) => ({
    switch: `s${index + 1}`,
    dpid: dpidOf(index),
    port: portOf(index),
  });
  const views = links.map(([a, b]) => ({
    a: end(a),
    b: end(b),
    ...{ weight: 1, direct: true, up: true, origin: "file" as const, state: "up" as const },
  }));
  return {
    switches: Array.from({ length: size }, (_, index) => ({
      dpid: dpidOf(index),
      name: `s${index + 1}`,
      connected: true,
      admission: "file" as const,
      ports: [],
    })),
    links: views,
    hosts: hosts.flatMap((count, index) =>
      Array.from({ length: count }, (_, host) => ({
        ...end(index),
        name: `h${index + 1}-${host + 1}`,
        mac: `02:00:00:00:${(index + 1).toString(16).padStart(2, "0")}:${host.toString(16).padStart(2, "0")}`,
        ips: [`10.0.${index}.${host + 1}`],
        origin: "file" as const,
      })),
    ),
  };
}

/** Leaves and spines, with hosts on the leaves. */
export function leafSpine(spines: number, leaves: number, hosts: number): MapTopology {
  const links = Array.from({ length: leaves }, (_, leaf) =>
    Array.from({ length: spines }, (_, spine) => [spine, spines + leaf] as const),
  ).flat();
  const counts = Array.from({ length: spines + leaves }, (_, index) =>
    index < spines ? 0 : hosts,
  );
  return network(spines + leaves, links, counts);
}

/** Graphs of any shape: parallel links, loops, parts that are not connected, up to 40 switches. */
export const anyGraph: fc.Arbitrary<MapGraph> = fc
  .integer({ min: 1, max: 40 })
  .chain((size) =>
    fc.record({
      size: fc.constant(size),
      links: fc.array(fc.tuple(fc.nat(size - 1), fc.nat(size - 1)), { maxLength: 2 * size }),
      hosts: fc.array(fc.nat(12), { maxLength: size }),
    }),
  )
  .map(({ size, links, hosts }) => mapGraph(network(size, links, hosts)));
