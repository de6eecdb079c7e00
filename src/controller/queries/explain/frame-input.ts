// SPDX-License-Identifier: Apache-2.0
import type { ExplainRequest } from "../../../contract/explain.ts";
import { buildFrame, type FrameFields, frameFields } from "../../../packet/index.ts";
import { frameText, parseFrameFields } from "../../../policy/index.ts";
import type { FrameAt } from "../../../simulation/index.ts";
import {
  formatIpAddress,
  type Host,
  isPortNo,
  type JsonProblem,
  type PortNo,
  type Topology,
} from "../../../topology/index.ts";

/** Lengths in bytes of an Ethernet header and of the largest accepted frame. */
const LENGTHS = { least: 14, most: 9216 } as const;

/** The frame of a request at its port, or the problems of the request. */
export function readFrame(
  request: ExplainRequest,
  topology: Topology,
): { readonly at: FrameAt } | { readonly problems: readonly JsonProblem[] } {
  const problems: JsonProblem[] = [];
  const given = givenFrame(request, problems);
  const to = request.to && hostNamed(topology, request.to.host, "to", problems);
  const place = placeOfRequest(request, topology, given.fields, problems);
  if (problems.length > 0 || place === undefined) return { problems };
  const { dpid, port } = place;
  if (given.bytes !== undefined) return { at: { dpid, port, bytes: given.bytes } };
  const fields = withDefaults(given.fields, { topology, from: place.host, to }, problems);
  if (problems.length > 0) return { problems };
  const bytes = buildFrame(fields);
  problems.push(...lostFields(given.fields, bytes));
  return problems.length > 0 ? { problems } : { at: { dpid, port, bytes } };
}

interface Given {
  readonly fields: Partial<FrameFields>;
  readonly bytes?: Uint8Array;
}

function givenFrame({ frame }: ExplainRequest, problems: JsonProblem[]): Given {
  if (typeof frame !== "string") {
    // Each value has the type of its field: both field tables agree with the codec's.
    const fields = parseFrameFields(frame, ["frame"], problems) as Partial<FrameFields>;
    return { fields };
  }
  const digits = frame.replace(/[\s:]/g, "");
  const bytes = /^([0-9a-f]{2})*$/i.test(digits) ? Buffer.from(digits, "hex") : undefined;
  if (bytes === undefined || bytes.length < LENGTHS.least || bytes.length > LENGTHS.most) {
    problems.push({
      path: ["frame"],
      what: `this is not a frame of ${LENGTHS.least} to ${LENGTHS.most} bytes in hex`,
      remedy: "write its bytes from the destination address on, two digits each",
    });
    return { fields: {} };
  }
  return { fields: frameFields(bytes) ?? {}, bytes: Uint8Array.from(bytes) };
}

interface Entry extends Pick<FrameAt, "dpid" | "port"> {
  /** A host known at the port. */
  readonly host: Host | undefined;
}

function placeOfRequest(
  { at }: ExplainRequest,
  topology: Topology,
  fields: Partial<FrameFields>,
  problems: JsonProblem[],
): Entry | undefined {
  if (at === undefined) return placeOfSender(topology, fields, problems);
  if (at.host !== undefined) {
    const host = hostNamed(topology, at.host, "at", problems);
    return host && placeOfHost(topology, host, "at", problems);
  }
  const found = topology.switchByNameOrDpid(at.switch ?? "");
  if (!found?.programmed) {
    const what = found
      ? `switch "${at.switch}" is not programmed`
      : `there is no switch "${at.switch}"`;
    problems.push({ path: ["at", "switch"], what, remedy: "name one of GET /switches" });
    return undefined;
  }
  const port =
    typeof at.port === "number"
      ? at.port
      : [...found.ports.values()].find(({ name }) => name === at.port)?.no;
  const isThere = port !== undefined && (!found.portsKnown || found.ports.has(port as PortNo));
  if (!isThere || !isPortNo(port)) {
    const what = `switch ${found.name} has no port ${JSON.stringify(at.port)}`;
    problems.push({ path: ["at", "port"], what, remedy: "name one of its ports" });
    return undefined;
  }
  const [mac] = topology.macsAt(found.dpid, port);
  const host = mac === undefined ? undefined : topology.hostByMac(mac);
  return { dpid: found.dpid, port, host };
}

/** The port of the known host with the source address of the frame. */
function placeOfSender(
  topology: Topology,
  { ethSrc }: Partial<FrameFields>,
  problems: JsonProblem[],
): Entry | undefined {
  const host = ethSrc === undefined ? undefined : topology.hostByMac(ethSrc);
  if (host !== undefined) return placeOfHost(topology, host, "frame", problems);
  problems.push({
    path: ["at"],
    what: "where the frame enters is missing",
    remedy: 'add { "host": … } or { "switch": …, "port": … }, or a known eth_src to the frame',
  });
  return undefined;
}

function hostNamed(
  topology: Topology,
  name: string,
  member: string,
  problems: JsonProblem[],
): Host | undefined {
  const host = topology.hostByName(name);
  if (host === undefined) {
    const what = `there is no host "${name}"`;
    problems.push({ path: [member, "host"], what, remedy: "name one of GET /hosts" });
  }
  return host;
}

function placeOfHost(
  topology: Topology,
  host: Host,
  member: string,
  problems: JsonProblem[],
): Entry | undefined {
  const problem = topology.problemOf(host);
  if (problem !== undefined || host.port === undefined) {
    const what = `the host has no place: ${problem ?? "its port is not known"}`;
    problems.push({ path: [member], what, remedy: "name a port instead" });
    return undefined;
  }
  return { dpid: host.dpid, port: host.port, host };
}

interface Ends {
  readonly topology: Topology;
  readonly from: Host | undefined;
  readonly to: Host | undefined;
}

/** Fills addresses that are not given with those of the hosts concerned. */
function withDefaults(
  given: Partial<FrameFields>,
  { topology, from, to: named }: Ends,
  problems: JsonProblem[],
): Partial<FrameFields> {
  const fields: Partial<FrameFields> = { ...given };
  const to = named ?? destination(topology, given);
  fields.ethSrc ??= from?.mac ?? 0;
  if (fields.ethDst === undefined && to === undefined) {
    problems.push({
      path: ["frame", "eth_dst"],
      what: "the frame's destination is missing",
      remedy: 'add eth_dst, or "to": { "host": … }',
    });
    return fields;
  }
  fields.ethDst ??= to?.mac ?? 0;
  const { ethType } = frameFields(buildFrame(fields)) ?? {};
  const family = ethType === 0x86dd ? 6 : 4;
  const [src, dst] = [addressOf(from, family), addressOf(to, family)];
  if (ethType === 0x0800) {
    fields.ipv4Src ??= Number(src ?? 0);
    fields.ipv4Dst ??= Number(dst ?? 0);
  } else if (ethType === 0x86dd) {
    fields.ipv6Src ??= BigInt(src ?? 0);
    fields.ipv6Dst ??= BigInt(dst ?? 0);
  } else if (ethType === 0x0806) {
    fields.arpSpa ??= Number(src ?? 0);
    fields.arpTpa ??= Number(dst ?? 0);
  }
  return fields;
}

/** The only known host with the frame's IP destination. */
function destination(
  topology: Topology,
  { ipv4Dst, ipv6Dst }: Partial<FrameFields>,
): Host | undefined {
  const hosts =
    ipv4Dst !== undefined
      ? topology.hostsByIp({ family: 4, value: ipv4Dst })
      : ipv6Dst !== undefined
        ? topology.hostsByIp({ family: 6, value: ipv6Dst })
        : [];
  return hosts.length === 1 ? hosts[0] : undefined;
}

function addressOf(host: Host | undefined, family: 4 | 6): number | bigint | undefined {
  return host?.ips.find((ip) => ip.family === family)?.value;
}

/** The requested fields that a frame of this type cannot have. */
function lostFields(given: Partial<FrameFields>, bytes: Uint8Array): JsonProblem[] {
  const requested = frameText(given);
  const got = frameText(frameFields(bytes) ?? {});
  return Object.entries(requested)
    .filter(([name, value]) => got[name] !== value)
    .map(([name, value]) => ({
      path: ["frame", name],
      what: `such a frame cannot have ${name} ${value}: it would have ${got[name] ?? "none"}`,
      remedy: "leave it out, change the fields it presupposes, or give the frame in hex",
    }));
}

/** A host as text. */
export function hostText({ name, mac, ips }: Host): string {
  const [ip] = ips;
  if (name !== undefined) return name;
  const text = mac
    .toString(16)
    .padStart(12, "0")
    .replace(/..(?!$)/g, "$&:");
  return ip === undefined ? text : `${text} (${formatIpAddress(ip)})`;
}
