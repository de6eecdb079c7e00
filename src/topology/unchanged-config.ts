// SPDX-License-Identifier: Apache-2.0
import type { Steps } from "../lang/steps.ts";
import { configIndex, indexing } from "./config-index.ts";
import { sameProfile } from "./forwarding-profile.ts";
import type { HostConfig, LinkConfig, SwitchConfig, TopologyConfig } from "./model.ts";

/**
 * The configuration `now`, with the objects of `before` for all unchanged entries: comparing snapshots
 * then costs as much as has changed, even after the files were read again. Returns `before` itself when
 * nothing changed. The index of what is returned is made, too.
 */
export function* withUnchanged(before: TopologyConfig, now: TopologyConfig): Steps<TopologyConfig> {
  const known = configIndex(before).hosts;
  const config = {
    switches: yield* kept(
      before.switches,
      now.switches,
      yield* lookup(before.switches, dpidOf),
      sameSwitch,
    ),
    links: yield* kept(before.links, now.links, yield* lookup(before.links, placeText), sameLink),
    hosts: yield* kept(before.hosts, now.hosts, ({ mac }) => known.get(mac), sameHost),
  };
  const { switches, links, hosts } = config;
  if (switches === before.switches && links === before.links && hosts === before.hosts)
    return before;
  yield* indexing(config, before);
  return config;
}

/** Finds the entry of a list that has the same key as another entry. */
function* lookup<T>(
  entries: readonly T[],
  keyOf: (entry: T) => string,
): Steps<(like: T) => T | undefined> {
  const known = new Map<string, T>();
  for (const entry of entries) {
    yield;
    known.set(keyOf(entry), entry);
  }
  return (like) => known.get(keyOf(like));
}

/**
 * The list `now`, with the entries of `before` where they are the same; `before` if all are. `isSame`
 * compares what the key by which `oldOf` finds an entry leaves open.
 */
function* kept<T>(
  before: readonly T[],
  now: readonly T[],
  oldOf: (entry: T) => T | undefined,
  isSame: (old: T, entry: T) => boolean,
): Steps<readonly T[]> {
  const entries: T[] = [];
  let isUnchanged = before.length === now.length;
  for (const [index, entry] of now.entries()) {
    yield;
    const old = oldOf(entry);
    const taken = old !== undefined && isSame(old, entry) ? old : entry;
    entries.push(taken);
    if (taken !== before[index]) isUnchanged = false;
  }
  return isUnchanged ? before : entries;
}

function dpidOf({ dpid }: SwitchConfig): string {
  return dpid;
}

function sameSwitch(x: SwitchConfig, y: SwitchConfig): boolean {
  return (
    x.name === y.name &&
    sameProfile(x.forwarding, y.forwarding) &&
    x.fragments === y.fragments &&
    x.project === y.project &&
    JSON.stringify(x.connect) === JSON.stringify(y.connect)
  );
}

function placeText({ a, b }: LinkConfig): string {
  return JSON.stringify([a.dpid, a.port, b.dpid, b.port]);
}

function sameLink(x: LinkConfig, y: LinkConfig): boolean {
  return x.weight === y.weight && x.copyWeight === y.copyWeight && x.direct === y.direct;
}

function sameHost(x: HostConfig, y: HostConfig): boolean {
  return (
    x.name === y.name &&
    x.dpid === y.dpid &&
    x.port === y.port &&
    x.role === y.role &&
    x.sharedPort === y.sharedPort &&
    x.project === y.project &&
    x.ips.length === y.ips.length &&
    x.ips.every(({ family, value }, index) => {
      const other = y.ips[index];
      return family === other?.family && value === other.value;
    })
  );
}
