// SPDX-License-Identifier: Apache-2.0
import { frameFields } from "../../../src/packet/index.ts";
import { type Policy, TapCompiler } from "../../../src/policy/index.ts";
import { monitorsOwed } from "../../../src/policy/semantics/semantics.ts";
import type { FrameAt } from "../../../src/simulation/index.ts";
import type { Dpid, ForwardingProfile, PortNo } from "../../../src/topology/index.ts";
import { installTables, type OvsLab } from "../../lab/index.ts";
import { linkPortName } from "../../lab/ovs-commands.ts";
import { dpid } from "../../topology/networks.ts";
import { enterAimed } from "../aimed-frames.ts";
import { fieldsOf } from "../deliveries.ts";
import { type Network, policiesOf, Scenario } from "../scenarios.ts";
import type { MatrixCase, MatrixFrame } from "./matrix-cases.ts";

/** The VLAN of host 2's access port, where the switch's own bridge forwards. */
const ACCESS_VLAN = 10;
const LENGTH = 3;

/** What happened to the frames of one or more cases. */
export interface MatrixCounts {
  frames: number;
  copies: number;
  /** Copies that are not made, as the policy's status says. */
  reported: number;
  /** Frames from a range of marks, which are dropped or forwarded, and never altered. */
  marked: number;
  /** Each with what is needed to repeat it. */
  failures: string[];
}

export const NO_COUNTS = (): MatrixCounts => ({
  ...{ frames: 0, copies: 0, reported: 0, marked: 0 },
  failures: [],
});

/** Frames as hex by the port where they left, as sorted lines. */
type Arrivals = readonly string[];

/**
 * Switches in a row, joined by cables, with one forwarding profile. The sender, the receiver and a monitor are
 * at the first switch, another monitor is at the last. What the switches do without policies is the
 * reference for originals: the receiver's port pops and sets tags where their own bridge forwards.
 */
export class MatrixNetwork {
  readonly #prefix: string;
  readonly #scenario: Scenario;
  readonly #cables: ReadonlyMap<string, string>;
  readonly #learns: boolean;

  constructor(prefix: string, profile: ForwardingProfile, parsedTags: number) {
    const network: Network = {
      profiles: Array.from({ length: LENGTH }, () => profile),
      parents: Array.from({ length: LENGTH - 1 }, (_, index) => index),
      extra: [],
      hosts: [0, 0, 0, LENGTH - 1].map((at) => ({ at, shared: false })),
      ...{ connected: true, direct: "all" as const, parsedTags },
    };
    this.#prefix = prefix;
    this.#learns = profile !== "paths";
    this.#scenario = new Scenario(network);
    const ends = this.#scenario.topology.links.map(({ a, b }) => [
      this.#portName(a.dpid, Number(a.written)),
      this.#portName(b.dpid, Number(b.written)),
    ]);
    this.#cables = new Map(ends.flatMap(([a = "", b = ""]) => [[a, b] as const, [b, a] as const]));
  }

  get switches() {
    const { topology } = this.#scenario;
    return [...topology.switches.keys()].map((at) => ({
      name: this.#bridge(at),
      dpid: (this.#prefix.charCodeAt(0) * 16 + Number(at)).toString(16).padStart(16, "0"),
      hosts: [
        ...topology.edgePorts(at).map((port) => ({ name: this.#portName(at, port), port })),
        ...topology.linkPorts(at).map(([port]) => ({ name: this.#portName(at, port), port })),
      ],
    }));
  }

  /** Makes the receiver's port one that changes tags. */
  async prepare(lab: OvsLab): Promise<void> {
    if (!this.#learns) return;
    await lab.vsctl("set", "port", this.#portName(dpid(1), 2), `tag=${ACCESS_VLAN}`);
  }

  /** Sends the frames of a case without its policy, then with it; adds the outcome to `counts`. */
  async check(lab: OvsLab, name: string, given: MatrixCase, counts: MatrixCounts): Promise<void> {
    const policies = policiesOf([given.document]);
    const frames = given.frames.map((plan) => this.#entering(plan, policies));
    const compiler = new TapCompiler(this.#scenario.environment);
    await this.#install(lab, compiler);
    const before = await this.#sendAll(lab, frames);
    compiler.update({ upsert: policies });
    await this.#install(lab, compiler);
    const after = await this.#sendAll(lab, frames);
    const problems = policies.flatMap(({ id }) => compiler.plan(id)?.problems ?? []);
    const losesTags = problems.some(({ what }) => what.includes("innermost of three"));
    for (const [index, at] of frames.entries()) {
      counts.frames++;
      const failure = this.#compare(at, policies, {
        before: before[index] ?? [],
        after: after[index] ?? [],
        losesTags,
        counts,
      });
      if (failure === undefined) continue;
      const sent = Buffer.from(at.bytes).toString("hex");
      counts.failures.push(
        `${name} ${JSON.stringify(given.document)} port ${at.port} ${sent}: ${failure}`,
      );
    }
  }

  #compare(
    at: FrameAt,
    policies: readonly Policy[],
    { before, after, losesTags, counts }: Comparison,
  ): string | undefined {
    const owed = this.#copies(at, policies);
    const { missing, surplus } = difference([...before, ...owed], after);
    if (surplus.length > 0) return `unexpected ${surplus}, missing ${missing}`;
    const { ethSrc = 0, ethDst = 0, vlanVid = 0 } = frameFields(at.bytes) ?? {};
    if (isMark(ethSrc) || isMark(ethDst)) {
      counts.marked++;
      return undefined;
    }
    const isReported = losesTags && vlanVid !== 0;
    if (missing.length > 0 && !(isReported && missing.every((each) => owed.includes(each)))) {
      return `missing ${missing}`;
    }
    counts.reported += missing.length;
    counts.copies += owed.length - missing.length;
    return undefined;
  }

  #copies(at: FrameAt, policies: readonly Policy[]): Arrivals {
    const { topology, hasTags } = this.#scenario;
    const path = [{ dpid: at.dpid, inPort: at.port }];
    const owed = monitorsOwed(policies, topology, path, fieldsOf(at.bytes, topology), { hasTags });
    return [...owed.values()].map(({ monitor, treatment }) =>
      line(
        this.#portName(monitor.dpid, Number(monitor.port)),
        at.bytes.slice(0, treatment.truncate),
      ),
    );
  }

  #entering(plan: MatrixFrame, policies: readonly Policy[]): FrameAt {
    const aimed = enterAimed(plan, policies, this.#scenario.topology);
    const bytes = aimed.bytes.slice();
    if (plan.ethDst !== undefined) bytes.set(address(plan.ethDst), 0);
    if (plan.ethSrc !== undefined) bytes.set(address(plan.ethSrc), 6);
    const port = (plan.in > 0 && plan.in % 3 === 0 ? 2 : 1) as PortNo;
    return { dpid: dpid(1), port, bytes: plan.isAtomic ? withAtomicFragment(bytes) : bytes };
  }

  async #install(lab: OvsLab, compiler: TapCompiler): Promise<void> {
    const tables = this.#scenario.tables(compiler);
    for (const at of this.#scenario.topology.switches.keys()) {
      await installTables(lab, this.#bridge(at), tables(at));
    }
  }

  async #sendAll(lab: OvsLab, frames: readonly FrameAt[]): Promise<Arrivals[]> {
    const arrivals: Arrivals[] = [];
    for (const at of frames) arrivals.push(await this.#send(lab, at));
    return arrivals;
  }

  /** Sends a frame and, hop by hop, what leaves by cables. */
  async #send(lab: OvsLab, at: FrameAt): Promise<Arrivals> {
    if (this.#learns) await this.#forget(lab);
    const arrived: string[] = [];
    const moving = [{ port: this.#portName(at.dpid, at.port), frame: at.bytes }];
    for (let next = moving.shift(); next !== undefined; next = moving.shift()) {
      lab.clear();
      await lab.inject(next.port, next.frame);
      for (const [name, list] of Object.entries(lab.received())) {
        const peer = this.#cables.get(name);
        for (const hex of list) {
          const frame = Buffer.from(hex, "hex");
          if (peer === undefined) arrived.push(line(name, frame));
          else moving.push({ port: peer, frame });
        }
      }
    }
    return arrived;
  }

  /** The bridges know where host 2 is, and nothing that frames taught them. */
  async #forget(lab: OvsLab): Promise<void> {
    for (const at of this.#scenario.topology.switches.keys()) {
      await lab.appctl("fdb/flush", this.#bridge(at));
    }
    const receiver = this.#portName(dpid(1), 2);
    const entry = [this.#bridge(dpid(1)), receiver, String(ACCESS_VLAN), "fa:00:00:00:00:02"];
    await lab.appctl("fdb/add", ...entry);
  }

  #bridge(at: Dpid): string {
    return `${this.#prefix}s${Number(at)}`;
  }

  #portName(at: Dpid, port: number): string {
    return port > 50 && port < 60
      ? linkPortName(this.#bridge(at), port)
      : `${this.#bridge(at)}-h${port}`;
  }
}

interface Comparison {
  readonly before: Arrivals;
  readonly after: Arrivals;
  /** Whether the policy's status says that tagged frames are not copied. */
  readonly losesTags: boolean;
  readonly counts: MatrixCounts;
}

function line(where: string, bytes: Uint8Array): string {
  return `${where} ${Buffer.from(bytes).toString("hex")}`;
}

function difference(expected: Arrivals, actual: Arrivals) {
  const missing = [...expected];
  const surplus: string[] = [];
  for (const each of actual) {
    const at = missing.indexOf(each);
    if (at < 0) surplus.push(each);
    else missing.splice(at, 1);
  }
  return { missing, surplus };
}

function isMark(mac: number | bigint): boolean {
  const prefix = Math.floor(Number(mac) / 2 ** 32);
  return prefix === 0x0e79 || prefix === 0x0e7a;
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
  return changed;
}
