// SPDX-License-Identifier: Apache-2.0
import { type FrameFields, frameFields } from "../../src/packet/index.ts";
import { type Policy, TapCompiler } from "../../src/policy/index.ts";
import { type FlowHash, monitorsOwed } from "../../src/policy/semantics/semantics.ts";
import {
  type FrameAt,
  learnedBridge,
  type NetworkParts,
  type Outcome,
  readingOf,
  SimulatedNetwork,
} from "../../src/simulation/index.ts";
import {
  type Dpid,
  type ForwardingProfile,
  isTapMark,
  type PortNo,
} from "../../src/topology/index.ts";
import { dpid } from "../topology/networks.ts";
import { enterAimed } from "./aimed-frames.ts";
import type { MatrixCase, MatrixFrame } from "./matrix-cases.ts";
import { enter, mac, type Network, policiesOf, Scenario, TUNNEL_PORT } from "./scenarios.ts";

/** The VLAN of host 2's access port, where the switch's own bridge forwards. */
export const ACCESS_VLAN = 10;
const LENGTH = 3;

/** What happened to the frames of one or more cases. */
export interface MatrixCounts {
  frames: number;
  copies: number;
  /** Copies that are not made, as the policy's status says. */
  reported: number;
  /** Frames that a rule against strays drops, since their addresses are in a range of marks. */
  strays: number;
  /** Each with what is needed to repeat it. */
  failures: string[];
}

/** Counts before the first frame. */
export function noCounts(): MatrixCounts {
  return { frames: 0, copies: 0, reported: 0, strays: 0, failures: [] };
}

/** Frames as hex by the place where they left, as lines. */
export type Arrivals = readonly string[];

/** Sends frames into switches with a compiler's tables, or without policies. */
export type SendAll = (
  frames: readonly FrameAt[],
  compiler: TapCompiler,
) => Arrivals[] | Promise<Arrivals[]>;

/**
 * Switches in a row with one forwarding profile. The sender, the receiver and a monitor are at the first
 * switch, another monitor is at the last; each switch has a tunnel port. The receiver's port is an access
 * port where the switches' own bridge forwards: it pops and sets tags.
 */
export class MatrixScenario {
  readonly scenario: Scenario;
  readonly learns: boolean;

  constructor(profile: ForwardingProfile, parsedTags: number) {
    const network: Network = {
      profiles: Array.from({ length: LENGTH }, () => profile),
      parents: Array.from({ length: LENGTH - 1 }, (_, index) => index),
      extra: [],
      hosts: [0, 0, 0, LENGTH - 1].map((at) => ({ at, shared: false })),
      ...{ connected: true, hasTunnels: true, direct: "all" as const, parsedTags },
    };
    this.learns = profile !== "paths";
    this.scenario = new Scenario(network);
  }

  /** The switches with a compiler's tables, whose own bridges change tags as Open vSwitch does. */
  simulate(
    compiler?: TapCompiler,
    hash?: NetworkParts["hash"],
    bridge = learnedBridge(this.scenario.topology),
  ): SimulatedNetwork {
    return new SimulatedNetwork({
      topology: this.scenario.topology,
      tables: this.scenario.tables(compiler),
      bridge,
      accessVlan: (at, port) => (at === dpid(1) && port === 2 ? ACCESS_VLAN : undefined),
      ...(hash && { hash }),
    });
  }

  /** Action NORMAL of switches that know host 2 alone, in the VLAN of its port: all other frames are flooded. */
  bridgeOfReceiver(): NetworkParts["bridge"] {
    const { topology } = this.scenario;
    const learned = learnedBridge(topology);
    return (at, inPort, bytes) => {
      const { ethDst, vlanVid = 0 } = frameFields(bytes) ?? {};
      const isKnown = at === dpid(1) && ethDst === mac(2) && (vlanVid & 0xfff) === ACCESS_VLAN;
      if (isKnown || topology.hostByMac(Number(ethDst)) === undefined)
        return learned(at, inPort, bytes);
      const flooded = bytes.slice();
      flooded.set(address(0xffffffffffff), 0);
      return learned(at, inPort, flooded);
    };
  }

  /**
   * Sends the frames of a case without its policies, then with them; adds the outcome to `counts`.
   * `hashesOf`: the hashes that a flow may have, by the bytes of its frame.
   */
  async check(
    name: string,
    given: MatrixCase,
    { sendAll, hashesOf, bridge, counts }: MatrixRun,
  ): Promise<void> {
    const policies = policiesOf(given.documents);
    const frames = given.frames.map((plan) => this.#entering(plan, policies));
    const compiler = new TapCompiler(this.scenario.environment);
    const before = await sendAll(frames, compiler);
    compiler.update({ upsert: policies });
    const after = await sendAll(frames, compiler);
    const [untapped, tapped] = [this.simulate(), this.simulate(compiler, undefined, bridge)];
    const problems = policies.flatMap(({ id }) => compiler.plan(id)?.problems ?? []);
    const losesTags = problems.some(({ what }) => what.includes("innermost of three"));
    for (const [index, at] of frames.entries()) {
      counts.frames++;
      const outcome = untapped.send(at);
      const isStray = dropsStray(tapped.send(at), frameFields(at.bytes) ?? {});
      const due = this.#due(outcome, policies, hashesOf);
      const failure = judged(due, {
        before: before[index] ?? [],
        after: after[index] ?? [],
        mayLack: isStray || (losesTags && (frameFields(at.bytes)?.vlanVid ?? 0) !== 0),
        isStray,
        counts,
      });
      if (failure === undefined) continue;
      const sent = Buffer.from(at.bytes).toString("hex");
      counts.failures.push(
        `${name} ${JSON.stringify(given.documents)} ${at.dpid}/${at.port} ${sent}: ${failure}`,
      );
    }
  }

  /** The copies that are due, for each of the hashes that the frame's flow may have. */
  #due({ visits }: Outcome, policies: readonly Policy[], hashesOf: MatrixRun["hashesOf"]): Due[] {
    const { topology, hasTags } = this.scenario;
    const bytesAt = new Map(visits.map(({ dpid: at, bytes }) => [at, bytes]));
    const fields = (at: Dpid) =>
      frameFields(bytesAt.get(at) ?? new Uint8Array(), readingOf(topology, at)) ?? {};
    // A bridge on the way may have changed tags: a copy is that of the frame as its tap point had it.
    const forms = [...new Map(visits.map(({ bytes }) => [hex(bytes), bytes])).values()];
    return forms.flatMap(hashesOf).map((hash) => {
      const owed = monitorsOwed(policies, topology, visits, fields, { hasTags, hash });
      return [...owed.values()].map(({ monitor, treatment }) => {
        const where = monitor.party.tunnel === undefined ? placeOf(monitor) : TUNNEL;
        return forms.map((bytes) => lineOf(where, bytes.subarray(0, treatment.truncate)));
      });
    });
  }

  #entering(plan: MatrixFrame, policies: readonly Policy[]): FrameAt {
    const { topology } = this.scenario;
    const bytes = enterAimed(plan, policies, topology).bytes.slice();
    if (plan.ethDst !== undefined) bytes.set(address(plan.ethDst), 0);
    if (plan.ethSrc !== undefined) bytes.set(address(plan.ethSrc), 6);
    const at =
      plan.enters === "any"
        ? enter({ ...plan, in: Math.abs(plan.in) }, topology)
        : { dpid: dpid(1), port: (plan.enters === "sender" ? 1 : 2) as PortNo };
    // By a tunnel port nothing enters.
    const port = Number(at.port) === TUNNEL_PORT ? (1 as PortNo) : at.port;
    const entry = Number(at.port) === TUNNEL_PORT ? dpid(1) : at.dpid;
    return { dpid: entry, port, bytes: plan.isAtomic ? withAtomicFragment(bytes) : bytes };
  }
}

/** How the frames of a case are sent, and what is known of the switches that they pass. */
interface MatrixRun {
  readonly sendAll: SendAll;
  readonly hashesOf: (bytes: Uint8Array) => readonly FlowHash[];
  /** What the switches' own bridge has learned, which decides where strays go; default: every host. */
  readonly bridge?: NetworkParts["bridge"];
  readonly counts: MatrixCounts;
}

/** The copies that are due; each may have one of several forms. */
type Due = readonly Arrivals[];

interface Comparison {
  readonly before: Arrivals;
  readonly after: Arrivals;
  /** Whether arrivals may be missing; with `isStray` originals as well. */
  readonly mayLack: boolean;
  readonly isStray: boolean;
  readonly counts: MatrixCounts;
}

/** What is wrong with the arrivals of a frame, if none of the possible sets of copies explains them. */
function judged(possible: readonly Due[], given: Comparison): string | undefined {
  const { before, after, mayLack, isStray, counts } = given;
  let failure: string | undefined;
  for (const due of possible) {
    const rest = [...after];
    const lost = before.filter((each) => !take(rest, [each]));
    const missing = due.filter((forms) => !take(rest, forms));
    const isComplete = isStray || lost.length === 0;
    if (rest.length > 0 || !isComplete || (missing.length > 0 && !mayLack)) {
      failure ??= `unexpected ${rest}, lost ${lost}, missing ${missing.map(([form]) => form)}`;
      continue;
    }
    if (isStray) counts.strays++;
    else counts.reported += missing.length;
    counts.copies += due.length - missing.length;
    return undefined;
  }
  return failure;
}

/** Removes the first of some lines that is in a list; whether there was one. */
function take(list: string[], lines: readonly string[]): boolean {
  const at = list.findIndex((each) => lines.includes(each));
  if (at >= 0) list.splice(at, 1);
  return at >= 0;
}

/** Whether a frame with an address in a range of marks was dropped by a rule against such frames. */
function dropsStray(
  { visits }: Outcome,
  { ethSrc = 0, ethDst = 0 }: Partial<FrameFields>,
): boolean {
  if (![ethSrc, ethDst].some((mac) => isTapMark(Number(mac)))) return false;
  return visits.some(({ fired }) =>
    fired.some(({ flow }) => flow?.category === "guard" && flow.actions.length === 0),
  );
}

/** Where frames leave by any tunnel port. */
const TUNNEL = "tunnel";

/** A place in an arrival. */
export function placeOf({
  dpid: at,
  port,
}: {
  readonly dpid: Dpid;
  readonly port: number;
}): string {
  return port === TUNNEL_PORT ? TUNNEL : `s${Number(at)} port ${port}`;
}

/** An arrival. */
export function lineOf(place: string, bytes: Uint8Array): string {
  return `${place} ${hex(bytes)}`;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function address(mac: number): Uint8Array {
  return Buffer.from(mac.toString(16).padStart(12, "0"), "hex");
}

/** An untagged IPv6 packet with a fragment header, of offset 0 and the last; other frames as they are. */
function withAtomicFragment(bytes: Uint8Array): Uint8Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const [type, header] = [12, 14];
  if (view.getUint16(type) !== 0x86dd || bytes.length < header + 40) return bytes;
  const protocol = bytes[header + 6] ?? 0;
  if (protocol === 0 || protocol === 44) return bytes;
  const changed = Buffer.concat([
    bytes.subarray(0, header + 40),
    Buffer.from([protocol, 0, 0, 0, 0, 0, 0, 1]),
    bytes.subarray(header + 40),
  ]);
  changed[header + 6] = 44;
  changed.writeUInt16BE(changed.readUInt16BE(header + 4) + 8, header + 4);
  return Uint8Array.from(changed);
}
