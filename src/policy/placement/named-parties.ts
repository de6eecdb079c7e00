// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { NamedInterface, Topology } from "../../topology/index.ts";
import type { HostReference } from "../match-region/filter-term.ts";
import { isUnresolved } from "../model/party.ts";
import type { Party } from "../model/policy.ts";

/** Most interfaces of a workload that an identifier stands for. */
const MOST_INTERFACES = 256;

/** Resolves an identifier: see `resolvedParties`. */
export type ResolveParty = (party: Party) => readonly Party[];

/** Resolves the identifiers of a topology. */
export function partiesIn(topology: Topology): ResolveParty {
  return (party) => resolvedParties(topology, party);
}

/**
 * An identifier that names an interface or a workload, as the interfaces for which it stands: each by its port and,
 * where it is known, its MAC address, so that no frame of another port passes for one of its own. The identifier
 * itself while none is known, and any other identifier. `isMonitor`: names that tenants choose do not count.
 */
export function resolvedParties(
  topology: Topology,
  party: Party,
  { isMonitor = false } = {},
): readonly Party[] {
  if (!isUnresolved(party)) return [party];
  const placed = interfacesNamed(topology, party, isMonitor).filter(({ at }) => at !== undefined);
  // While some are there, a workload does without those that are gone.
  const present = placed.filter(({ isPresent }) => isPresent);
  const found = present.length > 0 ? present : placed;
  if (found.length === 0 || found.length > MOST_INTERFACES) return [party];
  return found.map((each) => resolved(party, each));
}

function resolved(party: Party, { iface, mac, at }: NamedInterface): Party {
  const port = at && { switch: at.dpid, port: at.port };
  return { ...party, iface, ...defined({ mac, port }) };
}

function interfacesNamed(
  { interfaces }: Topology,
  { iface, workload }: HostReference,
  isTrusted: boolean,
): readonly NamedInterface[] {
  const one = iface === undefined ? undefined : interfaces.get(iface);
  if (iface !== undefined) return one === undefined ? [] : [one];
  return workload === undefined ? [] : interfaces.ofWorkload(workload, { isTrusted });
}

/** Why an identifier stands for no interface, a clause. */
export function whyUnresolved(
  topology: Topology,
  { iface, workload }: Party,
  { isMonitor = false } = {},
): string {
  const found = interfacesNamed(topology, { ...defined({ iface, workload }) }, isMonitor);
  if (found.length > MOST_INTERFACES) {
    return `it has ${found.length} interfaces, more than ${MOST_INTERFACES}: name them by iface`;
  }
  if (found.length > 0) return "it has gone, and another interface has its port";
  if (iface !== undefined) return "no database of a switch shows an interface with that iface-id";
  const isChosen = isMonitor && topology.interfaces.ofWorkload(workload ?? "").length > 0;
  if (!isChosen) return "no database of a switch shows an interface of a workload of that name";
  return "only a name that its tenant chooses is like that, which does not decide where copies go";
}
