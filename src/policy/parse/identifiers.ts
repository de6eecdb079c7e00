// SPDX-License-Identifier: Apache-2.0
import { isGroupMac, parseMac } from "../../openflow/wire/address.ts";
import { type JsonPath, type JsonProblem, parseIpAddress } from "../../topology/index.ts";
import { isPrefix, partyKey, sameIp } from "../model/party.ts";
import type { IpPrefix, Party } from "../model/policy.ts";
import type { EndDocument, EndIdentifierDocument, IdentifierDocument } from "./document.ts";
import type { GroupReader } from "./group-reader.ts";

/** A sender or receiver, and its place in the document. */
export interface WrittenEnd {
  readonly path: JsonPath;
  readonly party: Party;
  /** A group has it, which may be used in several places: not each member needs to fit each of them. */
  readonly isOfGroup: boolean;
}

/** Where ends are read: problems are appended. */
interface EndReading {
  readonly problems: JsonProblem[];
  readonly groups: GroupReader;
}

/** Reads the senders or the receivers, each once. */
export function parseEnds(
  document: EndDocument,
  path: JsonPath,
  reading: EndReading,
): readonly WrittenEnd[] {
  const ends = Array.isArray(document)
    ? document.flatMap((each, index) => parseEnd(each, [...path, index], reading))
    : parseEnd(document, path, reading);
  return [...new Map(ends.map((end) => [partyKey(end.party), end])).values()];
}

/** One end, or the members of a group. */
function parseEnd(
  document: string | EndIdentifierDocument,
  path: JsonPath,
  { problems, groups }: EndReading,
): WrittenEnd[] {
  if (document === "any") return [{ path, party: {}, isOfGroup: false }];
  const ofGroup = (id: string, at: JsonPath) =>
    groups.members(id, at, problems).map((party) => ({ path, party, isOfGroup: true }));
  if (typeof document === "string") return ofGroup(document.slice(1), path);
  const { group, ...identifier } = document;
  if (group !== undefined) return ofGroup(group, [...path, "group"]);
  return [{ path, party: parseIdentifier(identifier, path, problems), isOfGroup: false }];
}

/** Reads a monitor: an identifier that names one device. */
export function parseMonitor(
  document: IdentifierDocument,
  path: JsonPath,
  problems: JsonProblem[],
): Party {
  const monitor = parseIdentifier(document, path, problems);
  if (monitor.ip !== undefined && isPrefix(monitor.ip)) {
    const what = `"${document.ip}" is a prefix, but a monitor is one device`;
    problems.push({ path: [...path, "ip"], what, remedy: "write its address" });
  }
  return monitor;
}

function parseIdentifier(
  document: IdentifierDocument,
  path: JsonPath,
  problems: JsonProblem[],
): Party {
  const { mac: macText, ip: ipText, host, iface, workload, port } = document;
  if (Object.keys(document).length === 0) {
    const remedy =
      'give mac, ip, host, iface, workload or port (a sender or receiver may also be "any")';
    problems.push({ path, what: "this names no host", remedy });
  }
  checkAlone(document, path, problems);
  const mac = macText === undefined ? undefined : parseHostMac(macText, [...path, "mac"], problems);
  const ip = ipText === undefined ? undefined : parsePrefix(ipText, [...path, "ip"], problems);
  return {
    ...(mac === undefined ? {} : { mac }),
    ...(ip === undefined ? {} : { ip }),
    ...(host === undefined ? {} : { host }),
    ...(iface === undefined ? {} : { iface }),
    ...(workload === undefined ? {} : { workload }),
    ...(port === undefined ? {} : { port }),
  };
}

/** An interface has its port and address; what else is given could only contradict them. */
function checkAlone(document: IdentifierDocument, path: JsonPath, problems: JsonProblem[]): void {
  const key = (["iface", "workload"] as const).find((each) => document[each] !== undefined);
  if (key === undefined) return;
  const [beside] = Object.keys(document).filter((each) => each !== key && each !== "ip");
  if (beside === undefined) return;
  const what = `"${key}" names ports and addresses, but "${beside}" is given as well`;
  problems.push({ path, what, remedy: `keep one of them ("ip" may be beside "${key}")` });
}

/** Reads the MAC address of one device; problems are appended. */
export function parseHostMac(
  text: string,
  path: JsonPath,
  problems: JsonProblem[],
): number | undefined {
  const mac = parseMac(text);
  if (mac === undefined) {
    const remedy = 'write six bytes in hex: "fa:00:00:00:00:01"';
    problems.push({ path, what: `"${text}" is not a MAC address`, remedy });
    return undefined;
  }
  if (mac !== 0 && !isGroupMac(mac)) return mac;
  const remedy = "write the address of its interface (broadcast: filter on eth_dst)";
  problems.push({ path, what: `"${text}" is not the MAC address of a single device`, remedy });
  return undefined;
}

/** Reads an IP address or prefix; problems are appended. */
export function parsePrefix(
  text: string,
  path: JsonPath,
  problems: JsonProblem[],
): IpPrefix | undefined {
  const [addressText = "", lengthText, ...rest] = text.split("/");
  const address = parseIpAddress(addressText);
  const bits = address?.family === 6 ? 128 : 32;
  const length = lengthText === undefined ? bits : Number(lengthText);
  const wellFormed = lengthText === undefined || /^[0-9]{1,3}$/.test(lengthText);
  if (address === undefined || !wellFormed || length > bits || rest.length > 0) {
    const what = `"${text}" is not an IP address or prefix`;
    problems.push({ path, what, remedy: 'write it like "10.1.1.1", "10.1.0.0/16" or "fd00::1"' });
    return undefined;
  }
  if (length === 0) {
    const remedy = 'omit ip, or filter on eth_type "ipv4" or "ipv6"';
    problems.push({ path, what: `"${text}" contains every address`, remedy });
    return undefined;
  }
  const hostBits = (1n << BigInt(bits - length)) - 1n;
  if ((BigInt(address.value) & hostBits) !== 0n) {
    const remedy = `clear them, or write ${addressText} for the one address`;
    problems.push({ path, what: `"${text}" has bits set beyond its length`, remedy });
    return undefined;
  }
  return { address, length };
}

/** The key by which two identifiers name the same device; undefined: none. */
export function sameDeviceBy(a: Party, b: Party): keyof Party | undefined {
  if (a.mac !== undefined && a.mac === b.mac) return "mac";
  if (a.host !== undefined && a.host === b.host) return "host";
  if (a.iface !== undefined && a.iface === b.iface) return "iface";
  if (a.workload !== undefined && a.workload === b.workload) return "workload";
  if (a.ip && b.ip && !isPrefix(a.ip) && sameIp(a.ip, b.ip)) return "ip";
  if (a.port && b.port && a.port.switch === b.port.switch && a.port.port === b.port.port) {
    return "port";
  }
  return undefined;
}
