// SPDX-License-Identifier: Apache-2.0
import type { FilterTerm } from "../match-region/filter-term.ts";
import { formatParty, isAny, isOfEachSwitch } from "../model/party.ts";
import type { Policy } from "../model/policy.ts";

/** The presence bit and the id of `vlanVid`. @spec OpenFlow 1.4.1 §7.2.3.7 */
const [VID_PRESENT, VID_BITS] = [0x1000, 0x1fff];
/** VLAN ids that a frame can be in; a mirror's 0 is untagged frames and those with priority tags together. */
const [FIRST_VLAN, LAST_VLAN] = [1, 4095];

/**
 * What a policy requests that no mirror of Open vSwitch does, a sentence without a full stop each; none: a
 * mirror does exactly what it requests. @spec ovs-vswitchd.conf.db(5), table Mirror
 */
export function mirrorLimits(policy: Policy): readonly string[] {
  const limits = [...endLimits(policy), ...frameLimits(policy), ...copyLimits(policy)];
  return [
    ...limits.map((limit) => `a mirror cannot ${limit}; delivery auto can`),
    ...localLimits(policy),
  ];
}

/** The VLANs to which filters limit a policy, in order; none: it is not limited. Undefined: they are not all VLANs. */
export function filteredVlans(
  filters: readonly (readonly FilterTerm[])[],
): readonly number[] | undefined {
  const vlans = new Set<number>();
  for (const terms of filters) {
    const [term, another] = terms;
    // Of several filters any one is enough.
    if (term === undefined) return [];
    if (another !== undefined || term.field.name !== "vlanVid") return undefined;
    const found = vlansOf(term);
    if (found === undefined) return undefined;
    for (const vlan of found) vlans.add(vlan);
  }
  return [...vlans].sort((a, b) => a - b);
}

function vlansOf({ alternatives }: FilterTerm): readonly number[] | undefined {
  const found: number[] = [];
  for (const { value, mask } of alternatives) {
    const [bits, kept] = [Number(value), Number(mask) & VID_BITS];
    const has = (vid: number) => (vid & kept) === bits;
    if (has(0) || has(VID_PRESENT)) return undefined;
    for (let vlan = FIRST_VLAN; vlan <= LAST_VLAN; vlan++) {
      if (has(VID_PRESENT | vlan)) found.push(vlan);
    }
  }
  return found;
}

function endLimits({ senders, receivers }: Policy): string[] {
  const named = [...senders, ...receivers].filter(({ ip }) => ip !== undefined);
  const limits = named.map(
    (party) =>
      `select frames by the address ${formatParty(party)}: name a port, or a host by name or MAC address`,
  );
  if (!senders.some(isAny) && !receivers.some(isAny)) {
    limits.push('select what two ends send to each other: write "any" for one of them');
  }
  return limits;
}

function frameLimits({ filters, exclude }: Policy): string[] {
  const limits: string[] = [];
  if (filteredVlans(filters) === undefined) {
    limits.push("filter by anything but VLANs 1 to 4095 (vlan_vid)");
  }
  if (exclude.length > 0) limits.push("exclude frames");
  return limits;
}

function copyLimits({ monitors, sample, rateLimit, lifetime }: Policy): string[] {
  const limits: string[] = [];
  if (sample !== undefined) limits.push("sample flows");
  if (rateLimit !== undefined) limits.push("limit the rate of copies");
  if (monitors.some(({ set }) => set !== undefined)) limits.push("balance flows");
  if (lifetime?.stopAfter !== undefined) limits.push("end after so many copies (stopAfter)");
  return limits;
}

/** What no delivery does. */
function localLimits(policy: Policy): string[] {
  const { senders, receivers, monitors, project } = policy;
  const isLocal = monitors.every(isOfEachSwitch);
  const limits: string[] = [];
  if (senders.some(isAny) && receivers.some(isAny) && !isLocal) {
    limits.push(
      'a mirror selects frames of its own switch alone: to copy all frames write a monitor for each switch, { "local": "probe-*" } or { "rspanVlan": 900 }',
    );
  }
  if (project !== undefined && monitors.some(isOfEachSwitch)) {
    limits.push(
      `a policy of project ${project} has neither a local monitor nor an RSPAN VLAN: their ports may be of another one`,
    );
  }
  const vlans = filteredVlans(policy.filters) ?? [];
  for (const { rspanVlan } of monitors) {
    if (rspanVlan === undefined || !vlans.includes(rspanVlan)) continue;
    limits.push(
      `frames of VLAN ${rspanVlan} are not copied to RSPAN VLAN ${rspanVlan}, which is the same: use one that no host is in`,
    );
  }
  return limits;
}
