import { formatMac } from "../../openflow/index.ts";
import {
  type ConflictRecord,
  formatIpAddress,
  type HostConflict,
  type PortAt,
  type Topology,
} from "../../topology/index.ts";
import { type AttachmentView, switchName } from "./network-view.ts";

/** Something about hosts that cannot all be true, as clients see it. */
export type ConflictView =
  | { readonly kind: "place"; readonly mac: string; readonly at: AttachmentView }
  | { readonly kind: "address"; readonly ip: string; readonly macs: readonly string[] }
  | {
      readonly kind: "flapping";
      readonly mac: string;
      readonly held: AttachmentView;
      readonly at: AttachmentView;
    };

/** A conflict with its history. */
export type ConflictHistoryView = ConflictView & {
  readonly since: string;
  readonly lastSeen: string;
  readonly count: number;
};

export function conflictView(topology: Topology, conflict: HostConflict): ConflictView {
  const place = ({ dpid, port }: PortAt) => ({ switch: switchName(topology, dpid), dpid, port });
  switch (conflict.kind) {
    case "place":
      return { kind: "place", mac: formatMac(conflict.mac), at: place(conflict.at) };
    case "address": {
      const { ip, macs } = conflict;
      return { kind: "address", ip: formatIpAddress(ip), macs: macs.map(formatMac) };
    }
    case "flapping": {
      const { mac, held, at } = conflict;
      return { kind: "flapping", mac: formatMac(mac), held: place(held), at: place(at) };
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
