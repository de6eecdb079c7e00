// SPDX-License-Identifier: Apache-2.0
import { type PolicyRow, partyLabel } from "../data/policy-row.ts";

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
  /** What the column is sorted by; null sorts last. */
  readonly key: (row: PolicyRow) => string | number | null;
}

const STATE_ORDER = ["error", "degraded", "pending", "suspended", "active", "expired", "disabled"];

export const COLUMNS: readonly Column[] = [
  {
    ...{ id: "state", label: "State", width: 104, isUsual: true },
    key: (row) => STATE_ORDER.indexOf(row.state),
  },
  { id: "id", label: "Policy", width: 170, grow: 2, isUsual: true, key: (row) => row.id },
  {
    ...{ id: "sender", label: "Sender", width: 120, grow: 1.4, isUsual: true },
    key: (row) => partyLabel(row.sender),
  },
  { id: "senderHost", label: "Host", group: "Sender", width: 90, key: (row) => row.sender.host },
  { id: "senderMac", label: "MAC", group: "Sender", width: 140, key: (row) => row.sender.mac },
  { id: "senderIp", label: "IP", group: "Sender", width: 120, key: (row) => row.sender.ip },
  { id: "direction", label: "", width: 30, isUsual: true, key: (row) => row.direction },
  {
    ...{ id: "receiver", label: "Receiver", width: 120, grow: 1.4, isUsual: true },
    key: (row) => partyLabel(row.receiver),
  },
  {
    ...{ id: "receiverHost", label: "Host", group: "Receiver", width: 90 },
    key: (row) => row.receiver.host,
  },
  {
    id: "receiverMac",
    label: "MAC",
    group: "Receiver",
    width: 140,
    key: (row) => row.receiver.mac,
  },
  { id: "receiverIp", label: "IP", group: "Receiver", width: 120, key: (row) => row.receiver.ip },
  {
    ...{ id: "monitors", label: "Monitors", width: 120, grow: 1.2, isUsual: true },
    key: (row) => row.monitors.join(" "),
  },
  {
    ...{ id: "filters", label: "Filters", width: 130, grow: 1.4, isUsual: true },
    key: (row) => filterSummary(row),
  },
  {
    ...{ id: "ipProto", label: "Protocol", group: "Filters", width: 76 },
    key: (row) => row.filters.ipProto,
  },
  { id: "vlan", label: "VLAN", group: "Filters", width: 60, key: (row) => row.filters.vlan },
  {
    id: "srcPort",
    label: "Src port",
    group: "Filters",
    width: 86,
    key: (row) => row.filters.srcPort,
  },
  {
    id: "dstPort",
    label: "Dst port",
    group: "Filters",
    width: 86,
    key: (row) => row.filters.dstPort,
  },
  { id: "more", label: "More", group: "Filters", width: 150, key: (row) => row.filters.more },
  {
    ...{ id: "copied", label: "Copied", group: "Copies", width: 84, align: "end", isUsual: true },
    key: (row) => row.copied,
  },
  {
    ...{ id: "delivered", label: "Delivered", group: "Copies", width: 84, align: "end" },
    isUsual: true,
    key: (row) => row.delivered,
  },
  {
    ...{ id: "lost", label: "Lost", group: "Copies", width: 62, align: "end", isUsual: true },
    key: (row) => (row.lost === null || !row.copied ? null : row.lost / row.copied),
  },
  { id: "delivery", label: "Delivery", width: 76, key: (row) => row.delivery },
  { id: "origin", label: "Origin", width: 110, key: (row) => `${row.origin} ${row.owner}` },
  { id: "project", label: "Project", width: 90, key: (row) => row.project },
  { id: "requester", label: "Requester", width: 100, key: (row) => row.requester },
  { id: "updated", label: "Updated", width: 92, key: (row) => row.updatedAt },
];

/** All filters in one text: `tcp dst 443, vlan 20`. */
export function filterSummary({ filters }: PolicyRow): string {
  const { ipProto, vlan, srcPort, dstPort, more } = filters;
  const parts = [
    ...[ipProto, srcPort && `src ${srcPort}`, dstPort && `dst ${dstPort}`],
    ...[vlan && `vlan ${vlan}`, more],
  ];
  return parts.filter((part) => part !== "").join(" ");
}

/** Rows in an order such as `id` or `-copied` (descending). Equal ones are in the order of their ids. */
export function sortRows(rows: readonly PolicyRow[], sort: string): PolicyRow[] {
  const descending = sort.startsWith("-");
  const column = COLUMNS.find(({ id }) => id === sort.replace(/^-/, "")) ?? COLUMNS[1];
  if (!column) return [...rows];
  const sign = descending ? -1 : 1;
  const keyed = rows.map((row) => ({ row, key: column.key(row) }));
  keyed.sort((a, b) => compareKeys(a.key, b.key, sign) || compareTexts(a.row.id, b.row.id));
  return keyed.map(({ row }) => row);
}

/** Nothing known and no text come last in both directions. */
function compareKeys(a: string | number | null, b: string | number | null, sign: number): number {
  const [isLastA, isLastB] = [a === null || a === "", b === null || b === ""];
  if (isLastA || isLastB) return Number(isLastA) - Number(isLastB);
  if (typeof a === "number" && typeof b === "number") return sign * (a - b);
  return sign * compareTexts(String(a), String(b));
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
