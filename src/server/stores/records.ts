import { randomBytes } from "node:crypto";
import type {
  DiscoveryStore,
  HostStore,
  LearnedHostStore,
  PolicyStore,
  PortStore,
  SuspensionStore,
} from "../../controller/index.ts";
import { formatMac, parseMac } from "../../openflow/index.ts";
import type {
  DiscoveryRecord,
  DiscoveryRecords,
  HostRecords,
  LearnedHostRecord,
  LearnedHostRecords,
  PolicyRecords,
  PortRecord,
  PortRecords,
  StoredDocument,
  SuspensionRecords,
} from "../../store/index.ts";
import {
  type DiscoveryMemory,
  formatIpAddress,
  isPortNo,
  type PortTable,
  parseDpid,
  parseIpAddress,
} from "../../topology/index.ts";

/** Policies on disk as the controller keeps them. */
export function policyStore(records: PolicyRecords): PolicyStore {
  return {
    load: () => records.load(),
    async put(id, document) {
      const outcome = await records.put(id, document as StoredDocument);
      // Without an expectation there is nothing to conflict with.
      if (outcome.type !== "stored") throw new Error(`policy ${id} was not stored`);
      return outcome.record;
    },
    async remove(id) {
      await records.remove(id);
    },
  };
}

/** Hosts that were added over REST, on disk as the controller keeps them. */
export function hostStore(records: HostRecords): HostStore {
  return {
    load: async () => (await records.load()).map(({ document }) => document),
    async put(mac, document) {
      await records.put(mac, document as StoredDocument);
    },
    async remove(mac) {
      await records.remove(mac);
    },
  };
}

/** The ports that switches last had, on disk as the controller keeps them. */
export function portStore(records: PortRecords): PortStore {
  return {
    load: async () => (await records.load()).flatMap(portTable),
    put: (table) => records.put(table),
    async remove(dpid) {
      await records.remove(dpid);
    },
  };
}

/** The key of the record that says that all taps are suspended. */
const ALL_TAPS = "all";
const policyKey = (id: string) => `policy/${id}`;

/** Suspensions of taps, on disk as the controller keeps them. */
export function suspensionStore(records: SuspensionRecords): SuspensionStore {
  return {
    async load() {
      const { [ALL_TAPS]: all, ...rest } = Object.fromEntries(await records.load());
      const policies = Object.entries(rest).map(([key, { since, reason = "", write = "" }]) => {
        return [key.slice(policyKey("").length), { since, reason, write }] as const;
      });
      return { ...(all ? { all } : {}), policies };
    },
    putAll: (suspension) => records.put(ALL_TAPS, suspension),
    putPolicy: (id, suspension) => records.put(policyKey(id), suspension),
    async removeAll() {
      await records.remove(ALL_TAPS);
    },
    async removePolicy(id) {
      await records.remove(policyKey(id));
    },
  };
}

/** Learned hosts, on disk as the controller keeps them. */
export function learnedHostStore(records: LearnedHostRecords): LearnedHostStore {
  return {
    load: async () => (await records.load()).flatMap(learnedHost),
    write: (put, remove) =>
      records.write(
        put.map(({ mac, ips, ...rest }) => {
          return { mac: formatMac(mac), ips: ips.map(formatIpAddress), ...rest };
        }),
        remove.map(formatMac),
      ),
  };
}

/** A record that cannot be one of ours is left out: it is learned again. */
function learnedHost({ mac: text, dpid: id, port, ips, ...rest }: LearnedHostRecord) {
  const [mac, dpid] = [parseMac(text), parseDpid(id)];
  if (mac === undefined || dpid === undefined || !isPortNo(port)) return [];
  return [{ mac, dpid, port, ips: ips.flatMap((ip) => parseIpAddress(ip) ?? []), ...rest }];
}

function portTable({ dpid: text, ports }: PortRecord): PortTable[] {
  const dpid = parseDpid(text);
  const known = ports.flatMap(({ no, ...rest }) => (isPortNo(no) ? [{ no, ...rest }] : []));
  return dpid === undefined ? [] : [{ dpid, ports: known }];
}

/** What link discovery remembers, on disk as the controller keeps it. */
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
