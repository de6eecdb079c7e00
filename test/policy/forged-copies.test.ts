// SPDX-License-Identifier: Apache-2.0
import fc from "fast-check";
import { expect, test } from "vitest";
import { buildFrame } from "../../src/packet/index.ts";
import { type PolicyDocument, TapCompiler } from "../../src/policy/index.ts";
import type { Delivery, FrameAt, Outcome } from "../../src/simulation/index.ts";
import { propertyRuns } from "../properties.ts";
import { attackPorts, guarded, isTakenByGuards, pick, targetsOf, without } from "./attacks.ts";
import {
  mirrorArb,
  type Network,
  networkArb,
  policiesOf,
  policyArb,
  Scenario,
} from "./scenarios.ts";

const numRuns = propertyRuns(300);
const timeout = 3_600_000;

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

const policiesArb = fc.array(fc.oneof(policyArb, mirrorArb), { minLength: 1, maxLength: 4 });

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const lineOf = ({ dpid, port, bytes }: Delivery) => `${dpid} ${port} ${hex(bytes)}`;

function firedGuard({ visits }: Outcome): boolean {
  return visits.some(({ fired }) => fired.some(({ flow }) => flow?.category === "guard"));
}

/** The frames that attackers at edge ports send, with what becomes of each without and with the policies. */
function attacks(network: Network, documents: readonly PolicyDocument[], all: readonly Attack[]) {
  const scenario = new Scenario(network);
  const compiler = new TapCompiler(scenario.environment);
  compiler.update({ upsert: policiesOf(documents) });
  const flows = [...scenario.topology.switches.keys()].flatMap((at) => compiler.desired(at));
  const targets = targetsOf(flows);
  const places = attackPorts(scenario.topology);
  const [untapped, tapped] = [scenario.simulate(), scenario.simulate(compiler)];
  return all.map(({ at, ethSrc, ethDst, vlan }) => {
    const { addresses, vlans } = targets;
    const addressed = { ethSrc: pick(addresses, ethSrc), ethDst: pick(addresses, ethDst) };
    const vlanVid = vlan === undefined || vlans.length === 0 ? undefined : pick(vlans, vlan);
    const tag = vlanVid === undefined ? {} : { vlanVid };
    const bytes = buildFrame({ ...addressed, ...tag, ethType: 0x0800, ipProto: 17, udpDst: 53 });
    const sent: FrameAt = { ...pick(places, at), bytes };
    const isTaken = isTakenByGuards(bytes, targets);
    return { isTaken, sent, before: untapped.send(sent), after: tapped.send(sent) };
  });
}

test("no frame of a host counts as a copy, and no other frame is lost", { timeout }, () => {
  let forged = 0;
  let dropped = 0;
  fc.assert(
    fc.property(
      networkArb.map(guarded),
      policiesArb,
      fc.array(attackArb, { minLength: 20, maxLength: 40 }),
      (network, documents, all) => {
        for (const { isTaken, sent, before, after } of attacks(network, documents, all)) {
          forged++;
          const copies = after.delivered.filter(({ role }) => role === "copy");
          expect(copies.filter(({ bytes }) => hex(bytes) !== hex(sent.bytes))).toEqual([]);
          const others = after.delivered.filter(({ role }) => role !== "copy");
          const [old, now] = [before.delivered.map(lineOf), others.map(lineOf)];
          expect(without(now, old)).toEqual([]);
          const lost = without(old, now);
          if (lost.length === 0) continue;
          dropped++;
          const isGuarded = firedGuard(after);
          expect({ lost, isGuarded, isTaken }).toEqual({ lost, isGuarded: true, isTaken: true });
        }
      },
    ),
    { numRuns },
  );
  expect([forged > 0, dropped > 0]).toEqual([true, true]);
});
