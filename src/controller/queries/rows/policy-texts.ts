// SPDX-License-Identifier: Apache-2.0
import { isObject } from "../../../lang/is-object.ts";
import { formatMac, parseMac } from "../../../openflow/index.ts";
import {
  formatIpAddress,
  type NamedInterface,
  parseIpAddress,
  type Topology,
} from "../../../topology/index.ts";
import type { PolicyJson } from "../../policies/policy-registry.ts";

/** An end of a conversation as text; `*`: any. */
export interface EndText {
  readonly host: string;
  readonly mac: string;
  readonly ip: string;
}

/** Filters as text, by the columns of the paper's figure 4. */
export interface FilterTexts {
  readonly ipProto: string;
  readonly vlan: string;
  readonly srcPort: string;
  readonly dstPort: string;
  readonly more: string;
}

const ANY = "*";

/** A sender or receiver as its document has it, with what is known of the hosts that it names. */
export function endText(document: unknown, topology: Topology): EndText {
  if (!Array.isArray(document)) return partyText(document, topology);
  const all = document.map((each) => partyText(each, topology));
  const column = (name: keyof EndText) => {
    const texts = new Set(all.map((each) => each[name]));
    return [...texts].join(", ");
  };
  return { host: column("host"), mac: column("mac"), ip: column("ip") };
}

function partyText(document: unknown, topology: Topology): EndText {
  const none = { host: ANY, mac: ANY, ip: ANY };
  if (typeof document === "string") return document === "any" ? none : { ...none, host: document };
  if (!isObject(document)) return none;
  const { host, iface, workload, mac, ip, port, group } = document;
  if (typeof group === "string") return { ...none, host: `@${group}` };
  const known = knownHost(document, topology);
  return {
    host: textOf(host) ?? textOf(iface) ?? textOf(workload) ?? known?.name ?? portText(port) ?? ANY,
    mac: textOf(mac) ?? (known === undefined ? ANY : formatMac(known.mac)),
    ip: textOf(ip) ?? (known?.ips.map(formatIpAddress).join(", ") || ANY),
  };
}

/** The host that a party names, where it names one only. */
function knownHost({ host, iface, workload, mac, ip }: PolicyJson, topology: Topology) {
  const ifaces = interfacesOf({ iface, workload }, topology);
  if (ifaces) return ifaces.length === 1 ? hostOf(ifaces[0], topology) : undefined;
  if (typeof host === "string") return topology.hostByName(host);
  const address = typeof mac === "string" ? parseMac(mac) : undefined;
  if (address !== undefined) return topology.hostByMac(address);
  const known = typeof ip === "string" ? parseIpAddress(ip) : undefined;
  const hosts = known === undefined ? [] : topology.hostsByIp(known);
  return hosts.length === 1 ? hosts[0] : undefined;
}

/** The interfaces that a party names; undefined: it names hosts in another way. */
export function interfacesOf(
  { iface, workload }: { readonly iface?: unknown; readonly workload?: unknown },
  { interfaces }: Topology,
): readonly NamedInterface[] | undefined {
  if (typeof workload === "string") return interfaces.ofWorkload(workload);
  if (typeof iface !== "string") return undefined;
  const found = interfaces.get(iface);
  return found ? [found] : [];
}

function hostOf(found: NamedInterface | undefined, topology: Topology) {
  return found?.mac === undefined ? undefined : topology.hostByMac(found.mac);
}

/** Monitors as their policy names them, members of balanced sets included. */
export function monitorTexts(document: unknown): readonly string[] {
  if (!Array.isArray(document)) return [];
  return document.flatMap((each) => {
    if (!isObject(each)) return [];
    return Array.isArray(each.balance) ? monitorTexts(each.balance) : [monitorText(each)];
  });
}

function monitorText({ host, iface, workload, mac, ip, port, local }: PolicyJson): string {
  if (textOf(local) !== undefined) return `local port ${local}`;
  const named = textOf(host) ?? textOf(iface) ?? textOf(workload);
  return named ?? textOf(mac) ?? textOf(ip) ?? portText(port) ?? ANY;
}

/** Filters as their document has them. */
export function filterTexts(document: unknown): FilterTexts {
  if (!Array.isArray(document)) return filterText(isObject(document) ? document : {});
  const read = document.map((each) => filterText(isObject(each) ? each : {}));
  const column = (name: keyof FilterTexts) => {
    const texts = read.map((each) => each[name]);
    return texts.every((text) => text === ANY) ? ANY : [...new Set(texts)].join(" | ");
  };
  return {
    ...{ ipProto: column("ipProto"), vlan: column("vlan") },
    ...{ srcPort: column("srcPort"), dstPort: column("dstPort"), more: column("more") },
  };
}

const TRANSPORT = /^(tcp|udp|sctp)_(src|dst)$/;

function filterText(filters: PolicyJson): FilterTexts {
  const found = { ipProto: ANY, vlan: ANY, srcPort: ANY, dstPort: ANY };
  const more: string[] = [];
  for (const [name, value] of Object.entries(filters)) {
    const text = valueText(value);
    const [, protocol, side] = TRANSPORT.exec(name) ?? [];
    if (name === "ip_proto") found.ipProto = text;
    else if (name === "vlan_vid") found.vlan = text;
    else if (protocol !== undefined) {
      found[side === "src" ? "srcPort" : "dstPort"] = text;
      if (found.ipProto === ANY) found.ipProto = protocol;
    } else more.push(`${name}=${text}`);
  }
  return { ...found, more: more.join(", ") || ANY };
}

function valueText(value: unknown): string {
  return Array.isArray(value) ? value.map(String).join(",") : String(value);
}

function portText(port: unknown): string | undefined {
  if (!isObject(port)) return undefined;
  return `${String(port.switch)} port ${String(port.port)}`;
}

function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
