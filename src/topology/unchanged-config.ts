// SPDX-License-Identifier: Apache-2.0
import { formatIpAddress } from "./ip-address.ts";
import type { HostConfig, LinkConfig, SwitchConfig, TopologyConfig } from "./model.ts";

/**
 * The configuration `now`, with the objects of `before` for all unchanged entries: comparing snapshots
 * then costs as much as has changed, even after the files were read again. Returns `before` itself when
 * nothing changed.
 */
export function withUnchanged(before: TopologyConfig, now: TopologyConfig): TopologyConfig {
  const switches = kept(before.switches, now.switches, ({ dpid }) => dpid, switchText);
  const links = kept(before.links, now.links, placeText, linkText);
  const hosts = kept(before.hosts, now.hosts, ({ mac }) => mac, hostText);
  const isSame = switches === before.switches && links === before.links && hosts === before.hosts;
  return isSame ? before : { switches, links, hosts };
}

/** `keyOf` identifies an entry, `textOf` is its whole content. */
function kept<T, K>(
  before: readonly T[],
  now: readonly T[],
  keyOf: (entry: T) => K,
  textOf: (entry: T) => string,
): readonly T[] {
  const known = new Map(before.map((entry) => [keyOf(entry), entry]));
  const entries = now.map((entry) => {
    const old = known.get(keyOf(entry));
    return old !== undefined && textOf(old) === textOf(entry) ? old : entry;
  });
  const isSame =
    entries.length === before.length && entries.every((entry, index) => entry === before[index]);
  return isSame ? before : entries;
}

function switchText({ dpid, name, forwarding }: SwitchConfig): string {
  return JSON.stringify([dpid, name, forwarding]);
}

function placeText({ a, b }: LinkConfig): string {
  return JSON.stringify([a.dpid, a.port, b.dpid, b.port]);
}

function linkText(link: LinkConfig): string {
  return JSON.stringify([placeText(link), link.weight, link.copyWeight]);
}

function hostText({ mac, name, ips, dpid, port }: HostConfig): string {
  return JSON.stringify([mac, name, ips.map(formatIpAddress), dpid, port]);
}
