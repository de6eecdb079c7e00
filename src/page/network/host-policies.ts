// SPDX-License-Identifier: Apache-2.0
import type { HostView } from "../../contract/hosts.ts";
import type { PartyText, PolicyRow } from "../data/policy-row.ts";

/** Ids of the policies whose texts name a host, in order; prefixes, groups and "any" do not name it. */
export function policiesNaming(
  { name, mac, ips }: Pick<HostView, "name" | "mac" | "ips">,
  policies: Iterable<PolicyRow>,
): readonly string[] {
  const names = new Set([mac, ...ips, ...(name === undefined ? [] : [name])]);
  const isNamed = (text: string) => text.split(/[\s,|⚖]+/).some((word) => names.has(word));
  const isIn = ({ host, mac: address, ip }: PartyText) => [host, address, ip].some(isNamed);
  const found: string[] = [];
  for (const { id, sender, receiver, monitors } of policies) {
    if (isIn(sender) || isIn(receiver) || monitors.some(isNamed)) found.push(id);
  }
  return found.sort();
}
