// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../../openflow/wire/address.ts";
import type { Host, Topology } from "../../topology/index.ts";
import type { IpPrefix } from "../model/policy.ts";
import type { DirectedView } from "../placement/directed-views.ts";
import { hasAddressIn, type Placement } from "../placement/placement.ts";

/**
 * The routers whose packets a direction sees twice, on their way to the router and behind it: hosts of
 * the prefix at whose ports it taps that also have an address at the other end.
 */
export function routersSeenTwice(
  view: DirectedView,
  from: Placement,
  to: Placement,
  topology: Topology,
): readonly string[] {
  const [tapped, prefix, other] =
    from.kind === "spread"
      ? [from, view.from.ip, view.to.ip]
      : from.kind === "nowhere" && to.kind === "spread"
        ? [to, view.to.ip, view.from.ip]
        : [];
  if (tapped === undefined || prefix === undefined) return [];
  return tapped.places.flatMap(({ mac }) => {
    const host = mac === undefined ? undefined : topology.hostByMac(mac);
    return host !== undefined && joins(host, prefix, other) ? [nameOf(host)] : [];
  });
}

/** Whether a host has an address in a prefix, and another one at the other end of the conversation. */
function joins({ ips, ...host }: Host, prefix: IpPrefix, other: IpPrefix | undefined): boolean {
  const own = ips.filter(({ family }) => family === prefix.address.family);
  return own.some((ip) => {
    const rest = own.filter((each) => each !== ip);
    const isOther =
      other === undefined ? rest.length > 0 : hasAddressIn({ ...host, ips: rest }, other);
    return hasAddressIn({ ...host, ips: [ip] }, prefix) && isOther;
  });
}

function nameOf({ name, mac }: Host): string {
  return name ?? formatMac(mac);
}
