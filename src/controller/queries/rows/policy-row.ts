// SPDX-License-Identifier: Apache-2.0
import type { PolicyColumns, RowKey, RowSort } from "../../../contract/observation/policy-rows.ts";
import type { PolicyHealth, PolicyState, PolicyStatus } from "../../../contract/policies.ts";
import type { Totals } from "../../../counters/index.ts";
import { isObject } from "../../../lang/is-object.ts";
import type { Topology } from "../../../topology/index.ts";
import { idOf, type KnownPolicy } from "../../policies/policy-registry.ts";
import {
  type EndText,
  endText,
  type FilterTexts,
  filterTexts,
  monitorTexts,
} from "./policy-texts.ts";

/** What a row is made of besides the policy. */
export interface RowSources {
  readonly topology: Topology;
  status(known: KnownPolicy): PolicyStatus;
  health(known: KnownPolicy): PolicyHealth["state"];
  /** Undefined: not known. */
  counters(known: KnownPolicy): Totals | undefined;
}

/** The order of states: what needs attention comes first. */
const SEVERITY = {
  ...{ error: 0, degraded: 1, pending: 2, suspended: 3, active: 4, expired: 5, disabled: 6 },
} satisfies Record<PolicyState, number>;

/** What is not known comes before zero. */
const UNKNOWN = -1;

/** A policy as a row of the table; what is costly is made when it is first read. */
export class PolicyRow {
  readonly known: KnownPolicy;
  readonly id: string;
  readonly #sources: RowSources;
  #status: PolicyStatus | undefined;
  #ends: { readonly sender: EndText; readonly receiver: EndText } | undefined;
  #monitors: readonly string[] | undefined;

  constructor(known: KnownPolicy, sources: RowSources) {
    this.known = known;
    this.id = idOf(known);
    this.#sources = sources;
  }

  get status(): PolicyStatus {
    this.#status ??= this.#sources.status(this.known);
    return this.#status;
  }

  get health(): PolicyHealth["state"] {
    return this.#sources.health(this.known);
  }

  get counters(): Totals | undefined {
    return this.#sources.counters(this.known);
  }

  get ends() {
    const { sender, receiver } = this.known.document;
    const { topology } = this.#sources;
    this.#ends ??= { sender: endText(sender, topology), receiver: endText(receiver, topology) };
    return this.#ends;
  }

  get monitors(): readonly string[] {
    this.#monitors ??= monitorTexts(this.known.document.monitors);
    return this.#monitors;
  }

  get filters(): FilterTexts {
    return filterTexts(this.known.document.filters);
  }

  get direction(): PolicyColumns["direction"][number] {
    const { direction } = this.known.document;
    return direction === "reverse" || direction === "both" ? direction : "forward";
  }

  get delivery(): string {
    const { copy } = this.known.document;
    return isObject(copy) && typeof copy.delivery === "string" ? copy.delivery : "auto";
  }

  /** A member of the document that is a text. */
  text(member: "name" | "description" | "project"): string {
    const value = this.known.document[member];
    return typeof value === "string" ? value : "";
  }

  get origin() {
    const { origin } = this.known;
    return origin.kind === "file"
      ? { kind: origin.kind, set: "", file: origin.file }
      : { kind: origin.kind, set: origin.set ?? "", file: "" };
  }

  /** Its place in an order. */
  key(sort: RowSort): RowKey {
    return [this.#sortValue(sort), this.id];
  }

  #sortValue(sort: RowSort): string | number {
    switch (sort) {
      case "id":
        return "";
      case "name":
      case "project":
        return this.text(sort);
      case "state":
        return SEVERITY[this.status.state];
      case "sender":
      case "receiver":
        return Object.values(this.ends[sort]).join(" ");
      case "monitors":
        return this.monitors.join(" ");
      case "copiedPackets":
        return this.counters?.copied.packets ?? UNKNOWN;
      case "deliveredPackets":
        return this.counters?.delivered.packets ?? UNKNOWN;
      case "lostPackets":
        return this.counters?.lost ?? UNKNOWN;
      case "lostShare":
        return lostShare(this.counters);
      case "origin":
        return Object.values(this.origin).join(" ");
      case "requester":
        return this.known.requester ?? "";
      case "direction":
      case "delivery":
        return this[sort];
      case "updatedAt":
      case "revision":
        return this.known[sort];
      case "filters":
        return Object.values(this.filters).join(" ");
      case "sender.host":
      case "sender.mac":
      case "sender.ip":
      case "receiver.host":
      case "receiver.mac":
      case "receiver.ip": {
        const [end, part] = sort.split(".") as ["sender" | "receiver", keyof EndText];
        return this.ends[end][part];
      }
      case "filters.ipProto":
      case "filters.vlan":
      case "filters.srcPort":
      case "filters.dstPort":
      case "filters.more":
        return this.filters[sort.slice("filters.".length) as keyof FilterTexts];
      default:
        return sort satisfies never;
    }
  }
}

/** The lost part of the copies. */
function lostShare(counters: Totals | undefined): number {
  if (!counters || counters.copied.packets === 0) return UNKNOWN;
  return counters.lost / counters.copied.packets;
}

type Table = {
  readonly [Name in keyof PolicyColumns]: PolicyColumns[Name] extends readonly (infer E)[]
    ? E[]
    : { readonly [Part in keyof PolicyColumns[Name]]: string[] };
};

export function emptyTable(): Table {
  return {
    ...{ id: [], name: [], state: [] },
    ...{ sender: { host: [], mac: [], ip: [] }, receiver: { host: [], mac: [], ip: [] } },
    ...{ direction: [], monitors: [] },
    filters: { ipProto: [], vlan: [], srcPort: [], dstPort: [], more: [] },
    ...{ copiedPackets: [], deliveredPackets: [], lostPackets: [], delivery: [] },
    ...{ origin: [], set: [], file: [], project: [], requester: [] },
    ...{ updatedAt: [], revision: [], reasons: [] },
  };
}

export function addRow(table: Table, row: PolicyRow): void {
  const { id, status, ends, origin, counters, known } = row;
  table.id.push(id);
  table.name.push(row.text("name"));
  table.state.push(status.state);
  addTexts(table.sender, ends.sender);
  addTexts(table.receiver, ends.receiver);
  table.direction.push(row.direction);
  table.monitors.push(row.monitors);
  addTexts(table.filters, row.filters);
  table.copiedPackets.push(counters?.copied.packets ?? null);
  table.deliveredPackets.push(counters?.delivered.packets ?? null);
  table.lostPackets.push(counters?.lost ?? null);
  table.delivery.push(row.delivery);
  table.origin.push(origin.kind);
  table.set.push(origin.set);
  table.file.push(origin.file);
  table.project.push(row.text("project"));
  table.requester.push(known.requester ?? "");
  table.updatedAt.push(known.updatedAt);
  table.revision.push(known.revision);
  table.reasons.push(status.reasons);
}

function addTexts<Name extends string>(
  columns: Readonly<Record<Name, string[]>>,
  texts: Readonly<Record<Name, string>>,
): void {
  for (const name of Object.keys(columns) as Name[]) columns[name].push(texts[name]);
}
