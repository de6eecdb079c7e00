// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import type { DiscoveryStore } from "../../controller/index.ts";
import type { DiscoveryRecord, DiscoveryRecords } from "../../store/index.ts";
import { type DiscoveryMemory, isPortNo, parseDpid } from "../../topology/index.ts";

/** Adapts records of link discovery to the controller's discovery store. */
export function discoveryStore(records: DiscoveryRecords): DiscoveryStore {
  return {
    load: async () => (await records.load()).flatMap(discoveryMemory),
    put: (memory) => records.put(memory),
    remove: (dpid) => records.remove(dpid),
    async probeKey() {
      return Buffer.from(await records.probeKey(() => randomBytes(32).toString("hex")), "hex");
    },
  };
}

function discoveryMemory({ dpid: text, edges, links }: DiscoveryRecord): DiscoveryMemory[] {
  const dpid = parseDpid(text);
  const known = links.flatMap(({ port, peer, ...doubt }) => {
    const other = parseDpid(peer.dpid);
    if (other === undefined || !isPortNo(port) || !isPortNo(peer.port)) return [];
    return [{ port, peer: { dpid: other, port: peer.port }, ...doubt }];
  });
  return dpid === undefined ? [] : [{ dpid, edges: edges.filter(isPortNo), links: known }];
}
