// SPDX-License-Identifier: Apache-2.0
import type { PolicyColumns, PolicyRowsView } from "../../contract/observation/policy-rows.ts";
import type { PolicyState } from "../../contract/policies.ts";

/** A sender or receiver in words; an empty text: any. */
export interface PartyText {
  readonly host: string;
  readonly mac: string;
  readonly ip: string;
}

/** Filters in words, grouped as the columns of the table; an empty text: any. */
interface FilterText {
  readonly ipProto: string;
  readonly vlan: string;
  readonly srcPort: string;
  readonly dstPort: string;
  /** The others: `mpls_label=10`. */
  readonly more: string;
}

/** A policy as tables show it. */
export interface PolicyRow {
  readonly id: string;
  readonly name: string;
  readonly state: PolicyState;
  readonly reasons: readonly string[];
  readonly sender: PartyText;
  readonly receiver: PartyText;
  readonly direction: PolicyColumns["direction"][number];
  readonly monitors: readonly string[];
  readonly filters: FilterText;
  /** Packets; null: not known. */
  readonly copied: number | null;
  readonly delivered: number | null;
  readonly lost: number | null;
  readonly delivery: string;
  readonly origin: "api" | "file";
  /** The file or set that owns it; empty: neither. */
  readonly owner: string;
  readonly project: string;
  readonly requester: string;
  readonly updatedAt: string;
  readonly revision: number;
}

/** The rows of a page of the list, which comes column by column. */
export function rowsOf({ columns }: Pick<PolicyRowsView, "columns">): PolicyRow[] {
  return columns.id.map((id, index) => rowOf(columns, id, index));
}

function rowOf(columns: PolicyColumns, id: string, index: number): PolicyRow {
  const at = <T>(column: readonly T[]): T => {
    const value = column[index];
    if (value === undefined) throw new Error(`a column of the policies ends before ${id}`);
    return value;
  };
  const party = (end: PolicyColumns["sender"]): PartyText => ({
    host: known(at(end.host)),
    mac: known(at(end.mac)),
    ip: known(at(end.ip)),
  });
  const { filters } = columns;
  return {
    id,
    name: at(columns.name),
    state: at(columns.state),
    reasons: at(columns.reasons),
    sender: party(columns.sender),
    receiver: party(columns.receiver),
    direction: at(columns.direction),
    monitors: at(columns.monitors),
    filters: {
      ipProto: known(at(filters.ipProto)),
      vlan: known(at(filters.vlan)),
      srcPort: known(at(filters.srcPort)),
      dstPort: known(at(filters.dstPort)),
      more: known(at(filters.more)),
    },
    copied: at(columns.copiedPackets),
    delivered: at(columns.deliveredPackets),
    lost: at(columns.lostPackets),
    delivery: at(columns.delivery),
    origin: at(columns.origin),
    owner: at(columns.file) || at(columns.set),
    project: at(columns.project),
    requester: at(columns.requester),
    updatedAt: at(columns.updatedAt),
    revision: at(columns.revision),
  };
}

/** Any is an empty text here. */
function known(text: string): string {
  return text === "*" ? "" : text;
}

/** A party in one text: the host, else the addresses; `any`. */
export function partyLabel({ host, mac, ip }: PartyText): string {
  return host || [mac, ip].filter((text) => text !== "").join(" ") || "any";
}

/** Whether copies may be made: a policy that is not enabled has the state disabled. */
export function isEnabled({ state }: Pick<PolicyRow, "state">): boolean {
  return state !== "disabled";
}
