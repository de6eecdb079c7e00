// SPDX-License-Identifier: Apache-2.0
import { PolicyHealth, PolicyState } from "../../../contract/policies.ts";
import { formatMac, parseMac } from "../../../openflow/index.ts";
import { FILTER_NAMES, filterSearch, type Party, type Policy } from "../../../policy/index.ts";
import {
  didYouMean,
  formatIpAddress,
  type IpAddress,
  parseIpAddress,
  type Topology,
} from "../../../topology/index.ts";
import { type IpRange, overlapping, readIpRange } from "./ip-range.ts";
import type { PolicyRow } from "./policy-row.ts";
import { interfacesOf } from "./policy-texts.ts";

/** Whether a row is found. */
type RowTest = (row: PolicyRow) => boolean;

interface SearchProblem {
  readonly detail: string;
  readonly remedy: string;
}

/** A search, or what is wrong with its words. */
export type RowSearch =
  | { readonly matches: RowTest }
  | { readonly problems: readonly SearchProblem[] };

/** What a key of a search is compared with: one of the texts contains the value. */
const TEXTS: Readonly<Record<string, (row: PolicyRow) => readonly string[]>> = {
  id: ({ id }) => [id],
  name: (row) => [row.text("name")],
  sender: ({ ends }) => Object.values(ends.sender),
  receiver: ({ ends }) => Object.values(ends.receiver),
  monitor: ({ monitors }) => monitors,
  project: (row) => [row.text("project")],
  requester: ({ known }) => [known.requester ?? ""],
  set: ({ origin }) => [origin.set],
  file: ({ origin }) => [origin.file],
  reason: ({ status }) => status.reasons,
};

/** Keys whose value is one of a few words. */
const WORDS: Readonly<
  Record<string, { readonly words: readonly string[]; readonly of: (row: PolicyRow) => string }>
> = {
  state: { words: PolicyState.options, of: ({ status }) => status.state },
  health: { words: PolicyHealth.shape.state.options, of: ({ health }) => health },
  origin: { words: ["api", "file"], of: ({ origin }) => origin.kind },
  direction: { words: ["forward", "reverse", "both"], of: ({ direction }) => direction },
  delivery: {
    words: ["auto", "rewrite", "mark", "tag", "tunnel", "overlay", "mirror"],
    of: ({ delivery }) => delivery,
  },
};

const KEYS = [...Object.keys(WORDS), ...Object.keys(TEXTS), "host"];

/** Longest search, in characters, and most words of it. */
const [MOST_CHARACTERS, MOST_WORDS] = [500, 20];

/**
 * Reads a search: words of which all must match, and those with a minus before them must not. `key:value` compares a column or a filter, an IP address or prefix
 * finds the ends, monitors and filters in it, a MAC address those that have it; other words are looked for
 * in ids, names, descriptions, ends, monitors, filters, files and sets.
 */
export function readSearch(text: string, topology: Topology): RowSearch {
  if (text.length > MOST_CHARACTERS) {
    return {
      problems: [
        { detail: "it is too long", remedy: `write at most ${MOST_CHARACTERS} characters` },
      ],
    };
  }
  const words = text.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
  if (words.length > MOST_WORDS) {
    return {
      problems: [{ detail: "it has too many words", remedy: `write at most ${MOST_WORDS}` }],
    };
  }
  const tests: RowTest[] = [];
  const problems: SearchProblem[] = [];
  for (const word of words) {
    const isExcluded = word.startsWith("-") && word.length > 1;
    const read = readWord((isExcluded ? word.slice(1) : word).replaceAll('"', ""), topology);
    if (typeof read !== "function") problems.push(read);
    else tests.push(isExcluded ? (row) => !read(row) : read);
  }
  if (problems.length > 0) return { problems };
  return { matches: (row) => tests.every((test) => test(row)) };
}

function readWord(word: string, topology: Topology): RowTest | SearchProblem {
  const range = readIpRange(word);
  if (range !== undefined) return (row) => hasAddressIn(row, range, topology);
  const mac = parseMac(word);
  if (mac !== undefined) return containing(formatMac(mac));
  const colon = word.indexOf(":");
  if (colon < 0) return containing(word);
  const [key, value] = [word.slice(0, colon).toLowerCase(), word.slice(colon + 1)];
  return key === "host" ? naming(value, topology) : readKey(key, value);
}

/** Finds policies that name a host, by whatever name or address, as an end or monitor. */
function naming(value: string, topology: Topology): RowTest {
  const found = hostOf(value, topology);
  if (found === undefined) {
    const sought = value.toLowerCase();
    return ({ ends, monitors }) =>
      [ends.sender.host, ends.receiver.host, ...monitors].some(
        (each) => each.toLowerCase() === sought,
      );
  }
  const isNamed = ({ host, iface, workload, mac, ip }: Party) =>
    mac === found.mac ||
    interfacesOf({ iface, workload }, topology)?.some((each) => each.mac === found.mac) ||
    (host !== undefined && host === found.name) ||
    (ip !== undefined && found.ips.some((each) => isAddress(ip, each)));
  return ({ known }) => "policy" in known && partiesOf(known.policy).some(isNamed);
}

function isAddress(
  { address, length }: NonNullable<Party["ip"]>,
  { family, value }: IpAddress,
): boolean {
  const isWhole = length === (family === 4 ? 32 : 128);
  return isWhole && address.family === family && address.value === value;
}

/** The host with a name or an address; undefined: none, or several. */
function hostOf(value: string, topology: Topology) {
  const named = topology.hostByName(value);
  if (named) return named;
  const mac = parseMac(value);
  if (mac !== undefined) return topology.hostByMac(mac);
  const ip = parseIpAddress(value);
  const hosts = ip === undefined ? [] : topology.hostsByIp(ip);
  return hosts.length === 1 ? hosts[0] : undefined;
}

function partiesOf({ senders, receivers, monitors }: Policy): readonly Party[] {
  return [...senders, ...receivers, ...monitors];
}

function readKey(key: string, value: string): RowTest | SearchProblem {
  const sought = value.toLowerCase();
  const words = Object.hasOwn(WORDS, key) ? WORDS[key] : undefined;
  if (words) {
    if (words.words.includes(sought)) return (row) => words.of(row) === sought;
    return { detail: `"${value}" is no ${key}`, remedy: `write one of ${words.words.join(", ")}` };
  }
  const texts = Object.hasOwn(TEXTS, key) ? TEXTS[key] : undefined;
  if (texts) return (row) => texts(row).some((each) => each.toLowerCase().includes(sought));
  const search = filterSearch(key, value);
  if (search === undefined) {
    const hint = didYouMean(key, [...KEYS, ...FILTER_NAMES]);
    const choices = `write one of ${KEYS.join(", ")}, or a filter such as tcp_dst:443`;
    const remedy = hint === undefined ? choices : `${hint} (or ${choices})`;
    return { detail: `"${key}" is no key of a search`, remedy };
  }
  if ("what" in search) return { detail: `${key}: ${search.what}`, remedy: search.remedy };
  return ({ known }) => "policy" in known && search.matches(known.policy);
}

/** Finds rows with a text in one of their columns. */
function containing(word: string): RowTest {
  const sought = word.toLowerCase();
  return (row) => searchable(row).some((each) => each.toLowerCase().includes(sought));
}

function* searched(row: PolicyRow): Generator<string> {
  yield row.id;
  yield row.text("name");
  yield row.text("description");
  yield* Object.values(row.ends.sender);
  yield* Object.values(row.ends.receiver);
  yield* row.monitors;
  yield* Object.values(row.filters);
  yield row.origin.set;
  yield row.origin.file;
}

function searchable(row: PolicyRow): readonly string[] {
  return [...searched(row)];
}

/** Whether a policy names an address of a range as an end, a monitor or a filter. */
function hasAddressIn({ known }: PolicyRow, range: IpRange, topology: Topology): boolean {
  if (!("policy" in known)) return false;
  const { policy } = known;
  return (
    partiesOf(policy).some((party) => isIn(party, range, topology)) ||
    filtersOf(range).some((search) => search(policy))
  );
}

function isIn(party: Party, range: IpRange, topology: Topology): boolean {
  const { ip, mac, host } = party;
  if (ip !== undefined && overlapping({ ...ip.address, length: ip.length }, range)) return true;
  const known =
    host !== undefined
      ? topology.hostByName(host)
      : mac === undefined
        ? undefined
        : topology.hostByMac(mac);
  const ofInterfaces = interfacesOf(party, topology)?.flatMap(({ ips }) => ips);
  return (ofInterfaces ?? known?.ips ?? []).some((address) =>
    overlapping({ ...address, length: address.family === 4 ? 32 : 128 }, range),
  );
}

const FILTERS_OF = new WeakMap<IpRange, readonly ((policy: Policy) => boolean)[]>();

/** The filters of a family that may have an address of the range. */
function filtersOf(range: IpRange): readonly ((policy: Policy) => boolean)[] {
  const known = FILTERS_OF.get(range);
  if (known) return known;
  const family = range.family === 4 ? "ipv4" : "ipv6";
  const text = `${formatIpAddress(range)}/${range.length}`;
  const found = [`${family}_src`, `${family}_dst`].flatMap((name) => {
    const search = filterSearch(name, text);
    return search !== undefined && "matches" in search ? [search.matches] : [];
  });
  FILTERS_OF.set(range, found);
  return found;
}
