// SPDX-License-Identifier: Apache-2.0
import type { RowSort } from "../../contract/observation/policy-rows.ts";
import type { PolicyRow } from "../data/policy-row.ts";

/** What can be shown of a policy; the order is that of the table. */
export interface Column {
  readonly id: string;
  readonly label: string;
  /** Heading over several columns: those of Figure 4 of the paper. */
  readonly group?: string;
  /** Pixels; `grow`: and a share of the rest. */
  readonly width: number;
  readonly grow?: number;
  readonly align?: "end";
  /** Shown unless the user chooses otherwise. */
  readonly isUsual?: boolean;
  /** What the server orders policies by for it; absent: it has no such order. */
  readonly sort?: RowSort;
}

export const COLUMNS: readonly Column[] = [
  { id: "state", label: "State", width: 104, isUsual: true, sort: "state" },
  { id: "id", label: "Policy", width: 170, grow: 2, isUsual: true, sort: "id" },
  { id: "sender", label: "Sender", width: 120, grow: 1.4, isUsual: true, sort: "sender" },
  { id: "senderHost", label: "Host", group: "Sender", width: 90, sort: "sender.host" },
  { id: "senderMac", label: "MAC", group: "Sender", width: 140, sort: "sender.mac" },
  { id: "senderIp", label: "IP", group: "Sender", width: 120, sort: "sender.ip" },
  { id: "direction", label: "", width: 30, isUsual: true, sort: "direction" },
  { id: "receiver", label: "Receiver", width: 120, grow: 1.4, isUsual: true, sort: "receiver" },
  { id: "receiverHost", label: "Host", group: "Receiver", width: 90, sort: "receiver.host" },
  { id: "receiverMac", label: "MAC", group: "Receiver", width: 140, sort: "receiver.mac" },
  { id: "receiverIp", label: "IP", group: "Receiver", width: 120, sort: "receiver.ip" },
  { id: "monitors", label: "Monitors", width: 120, grow: 1.2, isUsual: true, sort: "monitors" },
  { id: "filters", label: "Filters", width: 130, grow: 1.4, isUsual: true, sort: "filters" },
  { id: "ipProto", label: "Protocol", group: "Filters", width: 76, sort: "filters.ipProto" },
  { id: "vlan", label: "VLAN", group: "Filters", width: 60, sort: "filters.vlan" },
  { id: "srcPort", label: "Src port", group: "Filters", width: 86, sort: "filters.srcPort" },
  { id: "dstPort", label: "Dst port", group: "Filters", width: 86, sort: "filters.dstPort" },
  { id: "more", label: "More", group: "Filters", width: 150, sort: "filters.more" },
  {
    ...{ id: "rate", label: "Rate", group: "Copies", width: 132, align: "end" },
    isUsual: true,
  },
  {
    ...{ id: "copied", label: "Copied", group: "Copies", width: 84, align: "end", isUsual: true },
    sort: "copiedPackets",
  },
  {
    ...{ id: "delivered", label: "Delivered", group: "Copies", width: 84, align: "end" },
    ...{ isUsual: true, sort: "deliveredPackets" },
  },
  {
    ...{ id: "lost", label: "Lost", group: "Copies", width: 62, align: "end", isUsual: true },
    sort: "lostShare",
  },
  { id: "delivery", label: "Delivery", width: 76, sort: "delivery" },
  { id: "origin", label: "Origin", width: 110, sort: "origin" },
  { id: "project", label: "Project", width: 90, sort: "project" },
  { id: "requester", label: "Requester", width: 100, sort: "requester" },
  { id: "updated", label: "Updated", width: 92, sort: "updatedAt" },
];

/** The server's name of an order such as `copied` or `-copied` (descending); of an unknown one, that of the ids. */
export function serverSort(sort: string): string {
  const column = COLUMNS.find(({ id }) => id === sort.replace(/^-/, ""));
  if (column?.sort === undefined) return "id";
  return sort.startsWith("-") ? `-${column.sort}` : column.sort;
}

/** All filters in one text: `tcp dst 443, vlan 20`. */
export function filterSummary({ filters }: PolicyRow): string {
  const { ipProto, vlan, srcPort, dstPort, more } = filters;
  const parts = [
    ...[ipProto, srcPort && `src ${srcPort}`, dstPort && `dst ${dstPort}`],
    ...[vlan && `vlan ${vlan}`, more],
  ];
  return parts.filter((part) => part !== "").join(" ");
}
