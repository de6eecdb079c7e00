// SPDX-License-Identifier: Apache-2.0
import { type PolicyRow, partyLabel } from "../data/policy-row.ts";
import { overlap, type Prefix, parsePrefix } from "./ip.ts";

/** A condition on rows of the table. */
type Condition = (row: PolicyRow) => boolean;

/** What a query selects, or what is wrong with it. */
export interface Query {
  readonly matches: Condition;
  /** A sentence; the condition that it is about counts for nothing. */
  readonly problem: string | undefined;
}

const party = (key: "sender" | "receiver") => (row: PolicyRow) => [
  partyLabel(row[key]).toLowerCase(),
];

const ports = (protocol: string, side: "srcPort" | "dstPort") => (row: PolicyRow) =>
  row.filters.ipProto.includes(protocol) ? listed(row.filters[side]) : [];

/** The texts in which the value of a key is looked for. */
const KEYS: Readonly<Record<string, (row: PolicyRow) => readonly string[]>> = {
  state: (row) => [row.state],
  health: (row) => [row.health],
  id: (row) => [row.id],
  sender: party("sender"),
  receiver: party("receiver"),
  host: (row) => [row.sender.host, row.receiver.host, ...row.monitors],
  mac: (row) => [row.sender.mac, row.receiver.mac, ...row.monitors],
  ip: (row) => [row.sender.ip, row.receiver.ip, ...row.monitors],
  monitor: (row) => row.monitors,
  direction: (row) => [row.direction],
  ip_proto: (row) => listed(row.filters.ipProto),
  vlan: (row) => listed(row.filters.vlan),
  tcp_src: ports("tcp", "srcPort"),
  tcp_dst: ports("tcp", "dstPort"),
  udp_src: ports("udp", "srcPort"),
  udp_dst: ports("udp", "dstPort"),
  filter: (row) => [row.filters.more],
  delivery: (row) => [row.delivery],
  origin: (row) => [row.origin, row.owner],
  project: (row) => [row.project],
  requester: (row) => [row.requester],
};

/** Keys whose value has to be the whole text, not a part of it. */
const WHOLE = ["state", "health", "direction", "vlan", "tcp_src", "tcp_dst", "udp_src", "udp_dst"];

export const QUERY_KEYS: readonly string[] = Object.keys(KEYS);

/**
 * Reads a query: words that all must hold. `key:value` looks in one column, an address or prefix in all
 * addresses, any other word in the texts; `-` before a word means that it must not hold; quotes join words.
 */
export function parseQuery(text: string): Query {
  const conditions: Condition[] = [];
  let problem: string | undefined;
  for (const [word] of text.matchAll(/(?:[^\s"]|"[^"]*"?)+/g)) {
    const negated = word.startsWith("-") && word.length > 1;
    const read = conditionOf((negated ? word.slice(1) : word).replaceAll('"', ""));
    if (typeof read === "string") problem ??= read;
    else if (read) conditions.push(negated ? (row) => !read(row) : read);
  }
  return { matches: (row) => conditions.every((holds) => holds(row)), problem };
}

function conditionOf(word: string): Condition | string | undefined {
  if (word === "") return undefined;
  const prefix = parsePrefix(word);
  if (prefix) return (row) => hasAddress(row, prefix);
  const [, key, value = ""] = /^([a-z_]+):(.*)$/.exec(word) ?? [];
  if (key === undefined) return (row) => freeText(row).includes(word.toLowerCase());
  const texts = KEYS[key];
  if (!texts) {
    // A MAC address has colons, too.
    if (/^[0-9a-f]{1,2}:/i.test(word)) return (row) => freeText(row).includes(word.toLowerCase());
    return `There is no key "${key}". Keys are: ${QUERY_KEYS.join(", ")}.`;
  }
  if (value === "") return undefined;
  const asked = value.toLowerCase();
  const within = parsePrefix(value);
  if (within) return (row) => texts(row).some((each) => addressIn(each, within));
  if (WHOLE.includes(key)) return (row) => texts(row).includes(asked);
  return (row) => texts(row).some((each) => each.toLowerCase().includes(asked));
}

function listed(text: string): string[] {
  return text.split(/, | or /).filter((each) => each !== "");
}

function addressIn(text: string, prefix: Prefix): boolean {
  return text.split(/[\s,|]+/).some((each) => {
    const address = parsePrefix(each);
    return address !== undefined && overlap(address, prefix);
  });
}

function hasAddress(row: PolicyRow, prefix: Prefix): boolean {
  return [
    row.sender.ip,
    row.receiver.ip,
    ...row.monitors,
    row.filters.more.replaceAll("=", " "),
  ].some((text) => addressIn(text, prefix));
}

/** Rows are immutable: the text of each is made once. */
const texts = new WeakMap<PolicyRow, string>();

function freeText(row: PolicyRow): string {
  let text = texts.get(row);
  if (text === undefined) {
    const { sender, receiver, filters } = row;
    text = [
      ...[row.id, row.name, partyLabel(sender), partyLabel(receiver), ...row.monitors],
      ...[filters.ipProto, filters.vlan, filters.srcPort, filters.dstPort, filters.more],
      ...[row.owner, row.project, row.requester, ...row.reasons],
    ]
      .join(" ")
      .toLowerCase();
    texts.set(row, text);
  }
  return text;
}
