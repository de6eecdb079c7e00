// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../openflow/index.ts";
import { YieldTimer } from "../runtime/index.ts";
import type {
  HostConfig,
  LinkConfig,
  PortReference,
  SwitchConfig,
  TopologyConfig,
} from "../topology/index.ts";

/** The lists of topology files. */
export type TopologyList = keyof TopologyConfig;

export const TOPOLOGY_LISTS = [
  "switches",
  "links",
  "hosts",
] as const satisfies readonly TopologyList[];

/** How many entries of each list are concerned, and the names of the first few. */
type Concerned = Partial<Record<TopologyList, number>> & { readonly first: readonly string[] };

/** What two contents of the topology files do not have in common; a part without entries is absent. */
export interface TopologyDifference {
  readonly added?: Concerned;
  readonly removed?: Concerned;
  readonly changed?: Concerned;
}

/** Names in a part of a difference. */
const NAMES = 5;

/** Compares two contents of the topology files. */
export async function topologyDifference(
  before: TopologyConfig,
  now: TopologyConfig,
): Promise<TopologyDifference> {
  const nameOf = switchNames(before, now);
  const parts = { added: new Part(), removed: new Part(), changed: new Part() };
  const turns = new YieldTimer();
  for (const list of TOPOLOGY_LISTS) {
    const old = new Map<string, Described>();
    for (const entry of described(list, before, nameOf)) {
      if (turns.shouldYield) await turns.yieldNow();
      old.set(entry.key, entry);
    }
    for (const entry of described(list, now, nameOf)) {
      if (turns.shouldYield) await turns.yieldNow();
      const other = old.get(entry.key);
      old.delete(entry.key);
      if (!other) parts.added.add(list, entry.name);
      else if (other.content !== entry.content) parts.changed.add(list, entry.name);
    }
    for (const { name } of old.values()) parts.removed.add(list, name);
  }
  return Object.fromEntries(
    Object.entries(parts).flatMap(([key, part]) => (part.isEmpty ? [] : [[key, part.view()]])),
  );
}

/** An entry of a list: what it is about, its name for people, and all that it says. */
interface Described {
  readonly key: string;
  readonly name: string;
  readonly content: string;
}

type NameOf = (dpid: string) => string;

function* described(
  list: TopologyList,
  config: TopologyConfig,
  nameOf: NameOf,
): Generator<Described> {
  switch (list) {
    case "switches":
      for (const each of config.switches) yield describedSwitch(each);
      return;
    case "links":
      for (const each of config.links) yield describedLink(each, nameOf);
      return;
    case "hosts":
      for (const each of config.hosts) yield describedHost(each);
      return;
    default:
      list satisfies never;
  }
}

function describedSwitch(config: SwitchConfig): Described {
  const { dpid, name = dpid, forwarding, fragments, connect } = config;
  return { key: dpid, name, content: JSON.stringify([name, forwarding, fragments, connect]) };
}

function describedLink(
  { a, b, weight, copyWeight, direct }: LinkConfig,
  nameOf: NameOf,
): Described {
  // The same link, whichever end is named first.
  const ends = [a, b].map(({ dpid, port }) => JSON.stringify([dpid, port])).sort();
  const name = [a, b].map((end) => portName(end, nameOf)).join(" - ");
  return { key: ends.join(), name, content: JSON.stringify([weight, copyWeight, direct]) };
}

function describedHost({ mac, name = formatMac(mac), ips, dpid, port }: HostConfig): Described {
  return { key: String(mac), name, content: JSON.stringify([name, ips, dpid, port], bigIntText) };
}

/** IPv6 addresses hold bigints. */
function bigIntText(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}

function portName({ dpid, port }: PortReference, nameOf: NameOf): string {
  return `${nameOf(dpid)} port ${port}`;
}

function switchNames(before: TopologyConfig, now: TopologyConfig): NameOf {
  const names = new Map<string, string>(
    [...before.switches, ...now.switches].map(({ dpid, name = dpid }) => [dpid, name]),
  );
  return (dpid) => names.get(dpid) ?? dpid;
}

class Part {
  readonly #counts: Partial<Record<TopologyList, number>> = {};
  readonly #first: string[] = [];

  get isEmpty(): boolean {
    return this.#first.length === 0;
  }

  add(list: TopologyList, name: string): void {
    this.#counts[list] = (this.#counts[list] ?? 0) + 1;
    if (this.#first.length < NAMES) this.#first.push(name);
  }

  view(): Concerned {
    return { ...this.#counts, first: this.#first };
  }
}
