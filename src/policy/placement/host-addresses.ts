// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { IpAddress, NamedInterface, Topology } from "../../topology/index.ts";
import type { Alternative, FilterTerm, HostReference } from "../match-region/filter-term.ts";
import type { Policy } from "../model/policy.ts";

/** The addresses of a host. */
interface HostAddresses {
  /** Undefined: not known. */
  readonly mac?: number;
  readonly ips: readonly IpAddress[];
}

/** Finds the hosts that a reference names; none: they are not known. */
export type FindHosts = (reference: HostReference) => readonly HostAddresses[];

/** Finds the hosts of a topology. */
export function hostsIn(topology: Topology): FindHosts {
  const { interfaces } = topology;
  return ({ host, iface, workload }) => {
    if (workload !== undefined) return interfaces.ofWorkload(workload).map(addressesOf);
    const found = iface === undefined ? undefined : interfaces.get(iface);
    const named = host === undefined ? undefined : topology.hostByName(host);
    return [...(found ? [addressesOf(found)] : []), ...(named ? [named] : [])];
  };
}

function addressesOf({ mac, ips }: NamedInterface): HostAddresses {
  return { ...defined({ mac }), ips };
}

/** A term with the addresses of the hosts that it names; it may be left without any alternative. */
export function withHostAddresses(term: FilterTerm, find: FindHosts): FilterTerm {
  const { field, alternatives, hosts } = term;
  if (hosts === undefined) return term;
  const found = new Map<unknown, Alternative>();
  for (const { mac, ips } of hosts.flatMap(find)) {
    const macs = mac === undefined ? [] : [mac];
    const ofFamily = ips.filter(({ family }) => field.kind === `ipv${family}`);
    const values = field.kind === "mac" ? macs : ofFamily.map(({ value }) => value);
    for (const value of values) found.set(value, { value, mask: field.fullMask });
  }
  return { field, alternatives: [...alternatives, ...found.values()] };
}

/** Why a policy selects nothing in the present network, although all hosts that it names are known. */
export const NO_FRAMES = "no frame matches its sender, receiver and filters together";

/** Why hosts that the filters and excludes of a policy name contribute nothing (yet), each a clause. */
export function missingAddresses({ filters, exclude }: Policy, find: FindHosts): string[] {
  const reasons = [...filters.flat(), ...exclude.flat()].flatMap((term) => {
    const { field, hosts = [] } = term;
    const unknown = hosts.filter((reference) => find(reference).length === 0);
    if (unknown.length > 0) {
      return unknown.map(
        (reference) => `there is no ${nameOf(reference)}, which a group in ${field.oxm} names`,
      );
    }
    if (hosts.length === 0 || withHostAddresses(term, find).alternatives.length > 0) return [];
    return [`no host of the groups in ${field.oxm} has such an address (yet)`];
  });
  return [...new Set(reasons)];
}

function nameOf({ host, iface, workload }: HostReference): string {
  if (workload !== undefined) return `workload ${workload}`;
  return iface === undefined ? `host ${host}` : `interface ${iface}`;
}
