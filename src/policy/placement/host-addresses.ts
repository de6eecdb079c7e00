// SPDX-License-Identifier: Apache-2.0
import type { IpAddress, Topology } from "../../topology/index.ts";
import type { Alternative, FilterTerm } from "../match-region/filter-term.ts";
import type { Policy } from "../model/policy.ts";

/** The addresses of a host. */
export interface HostAddresses {
  readonly mac: number;
  readonly ips: readonly IpAddress[];
}

/** Finds a host by its name in the topology. */
export type FindHost = (name: string) => HostAddresses | undefined;

/** Finds the hosts of a topology. */
export function hostsIn(topology: Topology): FindHost {
  return (name) => topology.hostByName(name);
}

/** A term with the addresses of the hosts that it names; it may be left without any alternative. */
export function withHostAddresses(term: FilterTerm, find: FindHost): FilterTerm {
  const { field, alternatives, hosts } = term;
  if (hosts === undefined) return term;
  const found = new Map<unknown, Alternative>();
  for (const name of hosts) {
    const host = find(name);
    if (host === undefined) continue;
    const ips = host.ips.filter(({ family }) => field.kind === `ipv${family}`);
    const values = field.kind === "mac" ? [host.mac] : ips.map(({ value }) => value);
    for (const value of values) found.set(value, { value, mask: field.fullMask });
  }
  return { field, alternatives: [...alternatives, ...found.values()] };
}

/** Why a policy selects nothing in the present network, although all hosts that it names are known. */
export const NO_FRAMES = "no frame matches its sender, receiver and filters together";

/** Why hosts that the filters and excludes of a policy name contribute nothing (yet), each a clause. */
export function missingAddresses({ filters, exclude }: Policy, find: FindHost): string[] {
  const reasons = [...filters.flat(), ...exclude.flat()].flatMap((term) => {
    const { field, hosts = [] } = term;
    const unknown = hosts.filter((name) => find(name) === undefined);
    if (unknown.length > 0) {
      return unknown.map((name) => `there is no host ${name}, which a group in ${field.oxm} names`);
    }
    if (hosts.length === 0 || withHostAddresses(term, find).alternatives.length > 0) return [];
    return [`no host of the groups in ${field.oxm} has such an address (yet)`];
  });
  return [...new Set(reasons)];
}
