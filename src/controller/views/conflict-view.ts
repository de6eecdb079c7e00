// SPDX-License-Identifier: Apache-2.0
import type { ConflictHistoryView, ConflictView } from "../../contract/host-conflicts.ts";
import { formatMac } from "../../openflow/index.ts";
import {
  type ConflictRecord,
  formatIpAddress,
  type HostConflict,
  type PortAt,
  type Topology,
} from "../../topology/index.ts";
import { switchName } from "./network-view.ts";

export function conflictView(topology: Topology, conflict: HostConflict): ConflictView {
  const place = ({ dpid, port }: PortAt) => ({ switch: switchName(topology, dpid), dpid, port });
  switch (conflict.kind) {
    case "place":
    case "mark": {
      const { kind, mac, at } = conflict;
      return { kind, mac: formatMac(mac), at: place(at) };
    }
    case "address": {
      const { ip, macs } = conflict;
      return { kind: "address", ip: formatIpAddress(ip), macs: macs.map(formatMac) };
    }
    case "flapping": {
      const { mac, held, at } = conflict;
      return { kind: "flapping", mac: formatMac(mac), held: place(held), at: place(at) };
    }
    case "monitor": {
      const { mac, held, at, by } = conflict;
      const places = { held: place(held), at: place(at) };
      const claim = by ? { by: { mac: formatMac(by.mac), ip: formatIpAddress(by.ip) } } : {};
      return { kind: "monitor", mac: formatMac(mac), ...places, ...claim };
    }
    case "former": {
      const { mac, at, former } = conflict;
      return { kind: "former", mac: formatMac(mac), at: place(at), former: place(former) };
    }
    default:
      return conflict satisfies never;
  }
}

/** `wallTime` turns the table's clock into ISO 8601. */
export function conflictHistoryView(
  topology: Topology,
  { conflict, since, last, count }: ConflictRecord,
  wallTime: (ms: number) => string,
): ConflictHistoryView {
  const view = conflictView(topology, conflict);
  return { ...view, since: wallTime(since), lastSeen: wallTime(last), count };
}
