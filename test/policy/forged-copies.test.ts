// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import type { FlowSpec } from "../../src/flow-model/index.ts";
import { buildFrame } from "../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import type { Delivery, FrameAt, Outcome } from "../../src/simulation/index.ts";
import {
  type Dpid,
  ONE_SIDED_PREFIX,
  type PortNo,
  TAP_MARK_PREFIX,
} from "../../src/topology/index.ts";
import { propertyRuns } from "../properties.ts";
import {
  mac,
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
} from "./scenarios.ts";

const numRuns = propertyRuns(300);
const timeout = 3_600_000;
const BROADCAST = 0xffff_ffff_ffff;
/** An edge port of every switch at which no host is known. */
const SPARE_PORT = 90 as PortNo;

/** Where an attacker is, and which of the known addresses it uses. */
interface Attack {
  readonly at: number;
  readonly ethSrc: number;
  readonly ethDst: number;
  /** One of the tags of copies; undefined: none. */
  readonly vlan: number | undefined;
}

const attackArb: fc.Arbitrary<Attack> = fc.record({
  at: fc.nat(1000),
  ethSrc: fc.nat(1000),
  ethDst: fc.nat(1000),
  vlan: fc.option(fc.nat(1000), { nil: undefined, freq: 2 }),
});

/** Hosts that are attached to switches that forward for OpenVTAP, or by themselves. */
const guardedArb = networkArb.map((network) => ({
  ...network,
  profiles: network.profiles.map((profile) => (typeof profile === "object" ? "normal" : profile)),
  // Learning switches form no loop.
  extra: network.extra.filter(([a, b]) => [a, b].every((n) => network.profiles[n] === "paths")),
}));

const policiesArb = fc.array(fc.oneof(policyArb, mirrorArb), { minLength: 1, maxLength: 4 });

/** The addresses that rules match or write, the ranges of marks, and those of hosts. */
function knownAddresses(flows: readonly FlowSpec[]): number[] {
  const text = JSON.stringify(flows, (_, each: unknown) =>
    typeof each === "bigint" ? Number(each) : each,
  );
  const found = [...text.matchAll(/"field":"eth(?:Src|Dst)","value":(\d+)/g)];
  const used = new Set(found.map(([, value]) => Number(value)));
  const marks = [...used].filter(isMark);
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

function pick<T>(list: readonly T[], index: number): T {
  const found = list[index % list.length];
  if (found === undefined) throw new Error("nothing to pick from");
  return found;
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const lineOf = ({ dpid, port, bytes }: Delivery) => `${dpid} ${port} ${hex(bytes)}`;

/** What is in one list and not in another. */
function without(list: readonly string[], other: readonly string[]): string[] {
  const rest = [...other];
  return list.filter((each) => {
    const at = rest.indexOf(each);
    if (at >= 0) rest.splice(at, 1);
    return at < 0;
  });
}

function firedGuard({ visits }: Outcome): boolean {
  return visits.some(({ fired }) => fired.some(({ flow }) => flow?.category === "guard"));
}

/** The frames that attackers at edge ports send, with what becomes of each without and with the policies. */
function attacks(network: Network, documents: readonly PolicyDocument[], all: readonly Attack[]) {
  const scenario = new Scenario(network);
  const { topology } = scenario;
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policiesOf(documents) });
  const flows = [...topology.switches.keys()].flatMap((at) => compiler.desired(at));
  const addresses = knownAddresses(flows);
  const ids = flows.flatMap(({ match }) =>
    match.flatMap((item) => (item.field === "vlanVid" && !item.mask ? [item.value] : [])),
  );
  const vlans = new Set(
    flows.flatMap(({ category, match }) =>
      category === "guard"
        ? match.flatMap((item) => (item.field === "vlanVid" ? [item.value] : []))
        : [],
    ),
  );
  const monitors = new Set(
    flows.flatMap(({ category, match }) =>
      category === "guard"
        ? match.flatMap((item) => (item.field === "ethDst" && !item.mask ? [item.value] : []))
        : [],
    ),
  );
  const places: { dpid: Dpid; port: PortNo }[] = [...topology.switches.keys()].flatMap((dpid) => [
    ...topology.edgePorts(dpid).map((port) => ({ dpid, port })),
    { dpid, port: SPARE_PORT },
  ]);
  const [untapped, tapped] = [scenario.simulate(), scenario.simulate(compiler)];
  return all.map(({ at, ethSrc, ethDst, vlan }) => {
    const addressed = { ethSrc: pick(addresses, ethSrc), ethDst: pick(addresses, ethDst) };
    const vlanVid = vlan === undefined || ids.length === 0 ? undefined : pick(ids, vlan);
    const tag = vlanVid === undefined ? {} : { vlanVid };
    const bytes = buildFrame({ ...addressed, ...tag, ethType: 0x0800, ipProto: 17, udpDst: 53 });
    const sent: FrameAt = { ...pick(places, at), bytes };
    const isTagged = vlanVid !== undefined && vlans.has(vlanVid);
    return {
      ...addressed,
      isTagged,
      monitors,
      sent,
      before: untapped.send(sent),
      after: tapped.send(sent),
    };
  });
}

test("no frame of a host counts as a copy, and no other frame is lost", { timeout }, () => {
  let forged = 0;
  let dropped = 0;
  fc.assert(
    fc.property(
      guardedArb,
      policiesArb,
      fc.array(attackArb, { minLength: 20, maxLength: 40 }),
      (network, documents, all) => {
        for (const { ethSrc, ethDst, isTagged, monitors, sent, before, after } of attacks(
          network,
          documents,
          all,
        )) {
          forged++;
          const copies = after.delivered.filter(({ role }) => role === "copy");
          expect(copies.filter(({ bytes }) => hex(bytes) !== hex(sent.bytes))).toEqual([]);
          const others = after.delivered.filter(({ role }) => role !== "copy");
          const [old, now] = [before.delivered.map(lineOf), others.map(lineOf)];
          expect(without(now, old)).toEqual([]);
          const lost = without(old, now);
          if (lost.length === 0) continue;
          dropped++;
          const isForMonitor = prefixOf(ethSrc) === 0x0e7a && monitors.has(ethDst);
          const isOneSided = [ethSrc, ethDst].some((each) => prefixOf(each) === 0x0e79);
          const isTaken = isForMonitor || isOneSided || isTagged;
          const guarded = firedGuard(after);
          expect({ lost, guarded, isTaken }).toEqual({ lost, guarded: true, isTaken: true });
        }
      },
    ),
    { numRuns },
  );
  expect([forged > 0, dropped > 0]).toEqual([true, true]);
});
