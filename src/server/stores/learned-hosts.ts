// SPDX-License-Identifier: Apache-2.0
import type { LearnedHostStore } from "../../controller/index.ts";
import { formatMac, parseMac } from "../../openflow/index.ts";
import type { LearnedHostRecord, LearnedHostRecords } from "../../store/index.ts";
import {
  formatIpAddress,
  isPortNo,
  type PortAt,
  parseDpid,
  parseIpAddress,
} from "../../topology/index.ts";

/** Adapts records of learned hosts to the controller's store of learned hosts. */
export function learnedHostStore(records: LearnedHostRecords): LearnedHostStore {
  return {
    load: async () => (await records.load()).flatMap(learnedHost),
    write: (put, remove) =>
      records.write(
        put.map(({ mac, ips, formerly, ...rest }) => ({
          ...{ mac: formatMac(mac), ips: ips.map(formatIpAddress), ...rest },
          ...(formerly && { formerly: formerly.map(({ dpid, port }) => ({ dpid, port })) }),
        })),
        remove.map(formatMac),
      ),
  };
}

/** Skips an invalid record: the host is learned again. */
function learnedHost({ mac: text, ips, formerly = [], ...rest }: LearnedHostRecord) {
  const mac = parseMac(text);
  const [place] = placesOf([rest]);
  if (mac === undefined || place === undefined) return [];
  const addresses = ips.flatMap((ip) => parseIpAddress(ip) ?? []);
  return [{ ...rest, ...place, mac, ips: addresses, formerly: placesOf(formerly) }];
}

/** The valid places among them. */
function placesOf(places: readonly { readonly dpid: string; readonly port: number }[]): PortAt[] {
  return places.flatMap(({ dpid: id, port }) => {
    const dpid = parseDpid(id);
    return dpid === undefined || !isPortNo(port) ? [] : [{ dpid, port }];
  });
}
