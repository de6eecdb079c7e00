// SPDX-License-Identifier: Apache-2.0
import { formatMac } from "../../openflow/wire/address.ts";
import { formatIpAddress } from "../../topology/index.ts";
import type { Bits } from "../match-region/bits.ts";
import { type FieldName, fieldNamed } from "../match-region/fields.ts";
import type { FilterTerm } from "../match-region/filter-term.ts";
import type { IpPrefix, Monitor, Party } from "./policy.ts";

/** Whether an identifier names one device, by its MAC address or as a host. */
export function namesDevice({ mac, host }: Pick<Party, "mac" | "host">): boolean {
  return mac !== undefined || host !== undefined;
}

/** Whether an identifier names a port and no device: all frames that enter or leave by it. */
export function isPortOnly(party: Party): boolean {
  return party.port !== undefined && !namesDevice(party);
}

/** Whether an identifier has no keys, and so matches every host. */
export function isAny(party: Party): boolean {
  return (
    party.mac === undefined &&
    party.ip === undefined &&
    party.host === undefined &&
    party.iface === undefined &&
    party.workload === undefined &&
    party.port === undefined
  );
}

/** Whether an identifier names an interface or a workload, whose ports and addresses are to be looked up. */
export function isUnresolved({ iface, workload, port }: Party): boolean {
  return (iface !== undefined || workload !== undefined) && port === undefined;
}

/** Whether a prefix contains more than one address. */
export function isPrefix(ip: IpPrefix): boolean {
  return ip.length < (ip.address.family === 4 ? 32 : 128);
}

/** Whether two prefixes are the same. */
export function sameIp(a: IpPrefix, b: IpPrefix): boolean {
  return (
    a.length === b.length &&
    a.address.family === b.address.family &&
    a.address.value === b.address.value
  );
}

/** The bits of an address that a prefix fixes. */
export function prefixMask(ip: IpPrefix): Bits {
  const bits = ip.address.family === 4 ? 32 : 128;
  const mask = ((1n << BigInt(ip.length)) - 1n) << BigInt(bits - ip.length);
  return bits === 32 ? Number(mask) : mask;
}

/** The terms by which an identifier's addresses select the frames that it sends or receives. */
export function addressTerms(
  { mac, ip }: Pick<Party, "mac" | "ip">,
  side: "Src" | "Dst",
): FilterTerm[] {
  const terms: FilterTerm[] = [];
  if (mac !== undefined) terms.push(exactly(side === "Src" ? "ethSrc" : "ethDst", mac));
  if (ip !== undefined) {
    const field = fieldNamed(ip.address.family === 4 ? `ipv4${side}` : `ipv6${side}`);
    terms.push({ field, alternatives: [{ value: ip.address.value, mask: prefixMask(ip) }] });
  }
  return terms;
}

/** Most terms of a field that are cached. */
const MOST_CACHED = 20_000;

/** By field and value: a hundred thousand policies share a few thousand addresses. */
const exactTerms = new Map<FieldName, Map<Bits, FilterTerm>>();

/** A term for one value of a field. */
export function exactly(name: FieldName, value: Bits): FilterTerm {
  const terms = exactTerms.get(name) ?? new Map<Bits, FilterTerm>();
  let term = terms.get(value);
  if (term === undefined) {
    const field = fieldNamed(name);
    term = { field, alternatives: [{ value, mask: field.fullMask }] };
    if (terms.size >= MOST_CACHED) terms.clear();
    exactTerms.set(name, terms.set(value, term));
  }
  return term;
}

/** A text that is equal exactly for equal identifiers. */
export function partyKey({ mac, ip, host, iface, workload, port }: Party): string {
  let key = mac === undefined ? "" : mac.toString(36);
  if (ip !== undefined) key += ` ${ip.address.family} ${ip.address.value}/${ip.length}`;
  if (host !== undefined || port !== undefined) {
    key += ` ${JSON.stringify([host ?? null, port?.switch, port?.port])}`;
  }
  if (iface !== undefined) key += ` iface ${JSON.stringify(iface)}`;
  if (workload !== undefined) key += ` workload ${JSON.stringify(workload)}`;
  return key;
}

/** Whether copies stay on the switch that makes them, at ports of its own. */
export function isOfEachSwitch({ local, rspanVlan }: Monitor): boolean {
  return local !== undefined || rspanVlan !== undefined;
}

/** An identifier in words: its most specific key. */
export function formatParty(party: Party & Pick<Monitor, "local" | "rspanVlan">): string {
  if (party.local !== undefined) return `local port ${party.local}`;
  if (party.rspanVlan !== undefined) return `RSPAN VLAN ${party.rspanVlan}`;
  if (party.host !== undefined) return party.host;
  if (party.workload !== undefined) return `workload ${party.workload}`;
  if (party.iface !== undefined) return `iface ${party.iface}`;
  if (party.mac !== undefined) return formatMac(party.mac);
  if (party.ip !== undefined) {
    const text = formatIpAddress(party.ip.address);
    return isPrefix(party.ip) ? `${text}/${party.ip.length}` : text;
  }
  if (party.port !== undefined) return `port ${party.port.port} of switch ${party.port.switch}`;
  return "any";
}
