// SPDX-License-Identifier: Apache-2.0
/** Frames of hosts that try to pass for copies, and how switches treat them. */
import fc from "fast-check";
import type { FlowSpec } from "../../src/flow-model/index.ts";
import { frameFields } from "../../src/packet/index.ts";
import {
  type Dpid,
  ONE_SIDED_PREFIX,
  type PortNo,
  TAP_MARK_PREFIX,
  type Topology,
} from "../../src/topology/index.ts";
import { mac, type Network, SPARE_PORT } from "./scenarios.ts";

/** The same network, but that switches forward for OpenVTAP, or by themselves: there forged copies are dropped. */
export function guarded(network: Network): Network {
  const { profiles, extra } = network;
  return {
    ...network,
    profiles: profiles.map((profile) => (typeof profile === "object" ? "normal" : profile)),
    // Learning switches form no loop.
    extra: extra.filter(([a, b]) => [a, b].every((n) => profiles[n] === "paths")),
  };
}

/** The rules that an attacker knows, by what its frames can take from them. */
interface Targets {
  /** The addresses that rules match or write, those of the ranges of marks, and those of hosts. */
  readonly addresses: readonly number[];
  /** The VLAN ids that rules match. */
  readonly vlans: readonly number[];
  /** The VLAN ids and the addresses of monitors for which guards drop frames. */
  readonly guardedVlans: ReadonlySet<number>;
  readonly guardedMonitors: ReadonlySet<number>;
}

export function targetsOf(flows: readonly FlowSpec[]): Targets {
  const guards = flows.filter(({ category }) => category === "guard");
  return {
    addresses: knownAddresses(flows),
    vlans: exactValues(flows, "vlanVid"),
    guardedVlans: new Set(exactValues(guards, "vlanVid")),
    guardedMonitors: new Set(exactValues(guards, "ethDst")),
  };
}

function exactValues(flows: readonly FlowSpec[], field: "vlanVid" | "ethDst"): number[] {
  return flows.flatMap(({ match }) =>
    match.flatMap((item) => (item.field === field && !item.mask ? [Number(item.value)] : [])),
  );
}

const BROADCAST = 0xffff_ffff_ffff;

function knownAddresses(flows: readonly FlowSpec[]): number[] {
  const text = JSON.stringify(flows, (_, each: unknown) =>
    typeof each === "bigint" ? Number(each) : each,
  );
  const found = [...text.matchAll(/"field":"eth(?:Src|Dst)","value":(\d+)/g)];
  const marks = [...new Set(found.map(([, value]) => Number(value)))].filter(isMark);
  // Marks in use are what an attacker is most likely to try.
  const random = [TAP_MARK_PREFIX + 0x1234, ONE_SIDED_PREFIX + 0x1234_5678];
  return [...marks, ...marks, ...marks, ...random, ...[1, 2, 3, 9].map(mac), BROADCAST];
}

function isMark(address: number): boolean {
  return prefixOf(address) === 0x0e7a || prefixOf(address) === 0x0e79;
}

function prefixOf(address: number): number {
  return Math.floor(address / 2 ** 32);
}

/** Whether a guard may drop a frame that a host sends: it has what distinguishes copies. */
export function isTakenByGuards(bytes: Uint8Array, targets: Targets): boolean {
  const { ethSrc = 0, ethDst = 0, vlanVid = 0 } = frameFields(bytes) ?? {};
  const isForMonitor = prefixOf(ethSrc) === 0x0e7a && targets.guardedMonitors.has(ethDst);
  const isOneSided = [ethSrc, ethDst].some((each) => prefixOf(each) === 0x0e79);
  return isForMonitor || isOneSided || targets.guardedVlans.has(vlanVid);
}

/** The ports of all hosts, and one of each switch at which no host is known. */
export function attackPorts(topology: Topology): { dpid: Dpid; port: PortNo }[] {
  return [...topology.switches.keys()].flatMap((dpid) => {
    const ports = new Set([...topology.edgePorts(dpid), SPARE_PORT as PortNo]);
    return [...ports].map((port) => ({ dpid, port }));
  });
}

/** What an attacker puts into a frame; undefined: what the frame has anyway. */
export interface Forgery {
  /** The port from which it is sent. */
  readonly at: number;
  readonly ethSrc: number | undefined;
  readonly ethDst: number | undefined;
  /** One of the tags of copies, pushed onto the frame. */
  readonly vlan: number | undefined;
}

const chosen = (freq: number) => fc.option(fc.nat(1000), { nil: undefined, freq });

export const forgeryArb: fc.Arbitrary<Forgery> = fc.record({
  at: fc.nat(1000),
  ethSrc: chosen(2),
  ethDst: chosen(1),
  vlan: chosen(1),
});

/** A frame with what the attacker forges. */
export function forged(bytes: Uint8Array, what: Forgery, targets: Targets): Uint8Array {
  const frame = Buffer.from(bytes);
  if (what.ethSrc !== undefined) frame.writeUIntBE(pick(targets.addresses, what.ethSrc), 6, 6);
  if (what.ethDst !== undefined) frame.writeUIntBE(pick(targets.addresses, what.ethDst), 0, 6);
  if (what.vlan === undefined || targets.vlans.length === 0) return Uint8Array.from(frame);
  const vid = pick(targets.vlans, what.vlan) & 0xfff;
  const type = what.vlan % 2 === 0 ? 0x8100 : 0x88a8;
  const tag = [type >> 8, type & 0xff, vid >> 8, vid & 0xff];
  return Uint8Array.from([...frame.subarray(0, 12), ...tag, ...frame.subarray(12)]);
}

export function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

/** What is in one list and not in another. */
export function without(list: readonly string[], other: readonly string[]): string[] {
  const rest = [...other];
  return list.filter((each) => {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}
