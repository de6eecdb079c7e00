// SPDX-License-Identifier: Apache-2.0
import type { PolicyHealth, PolicyState, PolicyStatus } from "../../contract/policies.ts";
import type { CountersView } from "../../contract/policy-counters.ts";

/** A sender, receiver or monitor in words; an empty text: any. */
export interface PartyText {
  readonly host: string;
  readonly mac: string;
  readonly ip: string;
}

/** Filters in words, grouped as the columns of the table; an empty text: any. */
export interface FilterText {
  readonly ipProto: string;
  readonly vlan: string;
  readonly srcPort: string;
  readonly dstPort: string;
  /** The others: `mpls_label=10`. */
  readonly more: string;
}

type Direction = "forward" | "reverse" | "both";

/** A policy as tables show it. */
export interface PolicyRow {
  readonly id: string;
  readonly name: string;
  readonly state: PolicyState;
  readonly reasons: readonly string[];
  readonly health: PolicyHealth["state"];
  readonly sender: PartyText;
  readonly receiver: PartyText;
  readonly direction: Direction;
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
  readonly enabled: boolean;
}

/** What the server adds to a document; events of a write come without status and counters. */
interface Added {
  readonly id: string;
  readonly origin: { readonly kind: "api" | "file"; readonly set?: string; readonly file?: string };
  readonly revision: number;
  readonly updatedAt: string;
  readonly requester?: string;
  readonly status?: PolicyStatus;
  readonly health?: PolicyHealth;
  readonly counters?: CountersView;
}

/** The row of a policy; status, health and counters that an event leaves out are those of `before`. */
export function policyRow(policy: Added & object, before?: PolicyRow): PolicyRow {
  const document = policy as Added & Readonly<Record<string, unknown>>;
  const { origin, status, health, counters } = document;
  const isKnown = counters !== undefined && counters.readAt !== null;
  return {
    id: document.id,
    name: textOf(document.name),
    state: status?.state ?? before?.state ?? "pending",
    reasons: status?.reasons ?? before?.reasons ?? [],
    health: health?.state ?? before?.health ?? "unknown",
    sender: partyText(document.sender),
    receiver: partyText(document.receiver),
    direction: (document.direction as Direction | undefined) ?? "forward",
    monitors: monitorTexts(document.monitors),
    filters: filterText(document.filters),
    copied: isKnown ? counters.copied.packets : (before?.copied ?? null),
    delivered: isKnown ? counters.delivered.packets : (before?.delivered ?? null),
    lost: isKnown ? counters.loss.packets : (before?.lost ?? null),
    delivery: textOf((document.copy as Members | undefined)?.delivery) || "auto",
    origin: origin.kind,
    owner: origin.file ?? origin.set ?? "",
    project: textOf(document.project),
    requester: document.requester ?? "",
    updatedAt: document.updatedAt,
    revision: document.revision,
    enabled: document.enabled !== false,
  };
}

type Members = Readonly<Record<string, unknown>>;

const ANY: PartyText = { host: "", mac: "", ip: "" };

/** A sender or receiver in words. Lists are joined; a group is `@name`, a port `switch:port`. */
export function partyText(party: unknown): PartyText {
  if (Array.isArray(party)) {
    const texts = party.map(partyText);
    const joined = (key: keyof PartyText) =>
      texts
        .map((text) => text[key])
        .filter((text) => text !== "")
        .join(", ");
    return { host: joined("host"), mac: joined("mac"), ip: joined("ip") };
  }
  if (typeof party === "string") return party === "any" ? ANY : { ...ANY, host: party };
  if (typeof party !== "object" || party === null) return ANY;
  const { host, mac, ip, port, group } = party as Members;
  const place = port as { readonly switch?: unknown; readonly port?: unknown } | undefined;
  const names = [
    textOf(host),
    group === undefined ? "" : `@${textOf(group)}`,
    place === undefined ? "" : `${textOf(place.switch)}:${textOf(place.port)}`,
  ];
  return {
    host: names.filter((name) => name !== "").join(" "),
    mac: textOf(mac),
    ip: textOf(ip),
  };
}

/** A party in one text: the host, else the addresses; `any`. */
export function partyLabel({ host, mac, ip }: PartyText): string {
  return [host, mac, ip].filter((text) => text !== "").join(" ") || "any";
}

function monitorTexts(monitors: unknown): string[] {
  if (!Array.isArray(monitors)) return [];
  return monitors.map((monitor) => {
    const balance = (monitor as Members | null)?.balance;
    if (!Array.isArray(balance)) return shortLabel(monitor);
    return `⚖ ${balance.map(shortLabel).join(" | ")}`;
  });
}

/** The first thing that identifies a monitor. */
function shortLabel(monitor: unknown): string {
  const { host, ip, mac } = partyText(monitor);
  return host || ip || mac || "?";
}

const SOURCE_PORTS = ["tcp_src", "udp_src", "sctp_src"];
const DESTINATION_PORTS = ["tcp_dst", "udp_dst", "sctp_dst"];

/** Filters in words. Of several alternatives, each is listed, joined by "or". */
export function filterText(filters: unknown): FilterText {
  const alternatives = (Array.isArray(filters) ? filters : [filters ?? {}]).map(oneFilterText);
  const joined = (key: keyof FilterText) => {
    const texts = alternatives.map((each) => each[key]);
    return texts.every((text) => text === texts[0])
      ? (texts[0] ?? "")
      : texts.map((text) => text || "*").join(" or ");
  };
  return {
    ipProto: joined("ipProto"),
    vlan: joined("vlan"),
    srcPort: joined("srcPort"),
    dstPort: joined("dstPort"),
    more: joined("more"),
  };
}

function oneFilterText(filter: unknown): FilterText {
  const entries = Object.entries((filter ?? {}) as Members).filter(([, value]) => value !== "*");
  const of = (keys: readonly string[]) =>
    entries
      .filter(([key]) => keys.includes(key))
      .map(([, value]) => valueText(value))
      .join(", ");
  const implied = [...SOURCE_PORTS, ...DESTINATION_PORTS].find((key) =>
    entries.some(([name]) => name === key),
  );
  const grouped = ["ip_proto", "vlan_vid", ...SOURCE_PORTS, ...DESTINATION_PORTS];
  return {
    ipProto: of(["ip_proto"]) || (implied?.split("_")[0] ?? ""),
    vlan: of(["vlan_vid"]),
    srcPort: of(SOURCE_PORTS),
    dstPort: of(DESTINATION_PORTS),
    more: entries
      .filter(([key]) => !grouped.includes(key))
      .map(([key, value]) => `${key}=${valueText(value)}`)
      .join(" "),
  };
}

/** A value of a filter: of a list, all of them. */
function valueText(value: unknown): string {
  return Array.isArray(value) ? value.map(textOf).join(", ") : textOf(value);
}

function textOf(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
