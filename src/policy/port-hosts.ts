import type { Dpid, PortNo, Topology } from "../topology/index.ts";

/** By snapshot: the known hosts of every port. Asked for again and again, by thousands of policies. */
const known = new WeakMap<Topology, ReadonlyMap<string, readonly number[]>>();
const NOBODY: readonly number[] = [];

/** The MAC addresses of the hosts known at a port, in ascending order. */
export function hostsAt(topology: Topology, dpid: Dpid, port: PortNo): readonly number[] {
  let ports = known.get(topology);
  if (ports === undefined) {
    ports = groupByPort(topology);
    known.set(topology, ports);
  }
  return ports.get(`${dpid}/${port}`) ?? NOBODY;
}

function groupByPort({ hosts }: Topology): Map<string, number[]> {
  const ports = new Map<string, number[]>();
  for (const { mac, dpid, port } of hosts.values()) {
    if (port === undefined) continue;
    const key = `${dpid}/${port}`;
    const macs = ports.get(key);
    if (macs) macs.push(mac);
    else ports.set(key, [mac]);
  }
  for (const macs of ports.values()) macs.sort((a, b) => a - b);
  return ports;
}
