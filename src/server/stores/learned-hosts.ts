// SPDX-License-Identifier: Apache-2.0
import type { LearnedHostStore } from "../../controller/index.ts";
import { formatMac, parseMac } from "../../openflow/index.ts";
import type { LearnedHostRecord, LearnedHostRecords } from "../../store/index.ts";
import { formatIpAddress, isPortNo, parseDpid, parseIpAddress } from "../../topology/index.ts";

/** Adapts records of learned hosts to the controller's store of learned hosts. */
export function learnedHostStore(records: LearnedHostRecords): LearnedHostStore {
  return {
    load: async () => (await records.load()).flatMap(learnedHost),
    write: (put, remove) =>
      records.write(
        put.map(({ mac, ips, formerly: _, ...rest }) => {
          return { mac: formatMac(mac), ips: ips.map(formatIpAddress), ...rest };
        }),
        remove.map(formatMac),
      ),
  };
}

/** Skips an invalid record: the host is learned again. */
function learnedHost({ mac: text, dpid: id, port, ips, ...rest }: LearnedHostRecord) {
  const [mac, dpid] = [parseMac(text), parseDpid(id)];
  if (mac === undefined || dpid === undefined || !isPortNo(port)) return [];
  return [{ mac, dpid, port, ips: ips.flatMap((ip) => parseIpAddress(ip) ?? []), ...rest }];
}
