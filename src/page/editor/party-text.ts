// SPDX-License-Identifier: Apache-2.0
type Json = Readonly<Record<string, unknown>>;

/**
 * Senders, receivers and monitors as one line of text, and back: a host, an address, a prefix, `@group`,
 * `switch:port`, `iface:ID`, `workload:NAME`, or several of these that must all hold, with spaces between them.
 */

const MAC = /^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i;
const CISCO_MAC = /^[0-9a-f]{4}(\.[0-9a-f]{4}){2}$/i;
const BARE_MAC = /^[0-9a-f]{12}$/i;

/** A MAC address in any usual notation as colons and lower case; undefined: it is none. */
export function normalMac(text: string): string | undefined {
  if (!MAC.test(text) && !CISCO_MAC.test(text) && !BARE_MAC.test(text)) return undefined;
  const digits = text.replaceAll(/[:.-]/g, "").toLowerCase();
  return digits.match(/../g)?.join(":");
}

const IPV4 = /^\d{1,3}(\.\d{1,3}){3}(\/\d{1,2})?$/;

/** Addresses of IPv6 have two colons at least; `switch:port` has one. */
function looksLikeIp(text: string): boolean {
  if (IPV4.test(text)) return true;
  return /^[0-9a-f:.]+(\/\d{1,3})?$/i.test(text) && text.split(":").length > 2;
}

/** The party that a line names. An empty line is no party: the server says what is missing. */
export function partyFromText(text: string): unknown {
  const words = text
    .trim()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 1 && (words[0] === "any" || words[0] === "*")) return "any";
  return Object.assign({}, ...words.map(memberOf)) as Json;
}

function memberOf(word: string): Json {
  const mac = normalMac(word);
  if (mac !== undefined) return { mac };
  if (looksLikeIp(word)) return { ip: word.toLowerCase() };
  if (word.startsWith("@")) return { group: word.slice(1) };
  const [, kind, named] = /^(iface|workload):(.+)$/.exec(word) ?? [];
  if (kind !== undefined && named !== undefined) return { [kind]: named };
  const [, name, port] = /^(.+):([^:]+)$/.exec(word) ?? [];
  if (name !== undefined && port !== undefined) {
    return { port: { switch: name, port: /^\d+$/.test(port) ? Number(port) : port } };
  }
  return { host: word };
}

const KEYS = ["mac", "ip", "host", "iface", "workload", "port", "group"];

/** The line of a party; undefined: it has members that a line cannot express. */
export function partyToText(party: unknown): string | undefined {
  if (party === undefined || party === null) return "";
  if (typeof party === "string") return party;
  if (typeof party !== "object" || Array.isArray(party)) return undefined;
  const { host, iface, workload, mac, ip, port, group } = party as Json;
  if (Object.keys(party).some((key) => !KEYS.includes(key))) return undefined;
  const place = port as { readonly switch?: unknown; readonly port?: unknown } | undefined;
  const words = [
    host,
    iface === undefined ? undefined : `iface:${iface}`,
    workload === undefined ? undefined : `workload:${workload}`,
    group === undefined ? undefined : `@${group}`,
    place === undefined ? undefined : `${place.switch}:${place.port}`,
    mac,
    ip,
  ].flatMap((word) => (word === undefined ? [] : [String(word)]));
  if (words.some((word) => /\s/.test(word))) return undefined;
  return words.join(" ");
}

/** The lines of a sender or receiver: one, or those of a list. */
export function partyLines(party: unknown): (string | undefined)[] {
  return Array.isArray(party) ? party.map(partyToText) : [partyToText(party)];
}

/** What lines make of a sender or receiver. */
export function partyOfLines(lines: readonly string[]): unknown {
  const parties = lines.map(partyFromText);
  return parties.length === 1 ? parties[0] : parties;
}

/** A monitor as a line; the members of a balanced set have ` | ` between them. */
export function monitorToText(monitor: unknown): string | undefined {
  const { balance, ...others } = (monitor ?? {}) as Json;
  if (!Array.isArray(balance)) return partyToText(monitor);
  if (Object.keys(others).length > 0) return undefined;
  const texts = balance.map(partyToText);
  return texts.includes(undefined) ? undefined : texts.join(" | ");
}

export function monitorFromText(text: string): unknown {
  const parts = text.split("|").map((part) => part.trim());
  if (parts.length === 1) return partyFromText(text);
  return { balance: parts.filter((part) => part !== "").map(partyFromText) };
}
