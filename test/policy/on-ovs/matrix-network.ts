// SPDX-License-Identifier: Apache-2.0

import type { TapCompiler } from "../../../src/policy/index.ts";
import { BALANCE_PARTS } from "../../../src/policy/model/balance.ts";
import { SAMPLE_PARTS } from "../../../src/policy/model/treatment.ts";
import type { FlowHash } from "../../../src/policy/semantics/semantics.ts";
import type { FrameAt } from "../../../src/simulation/index.ts";
import type { Dpid, ForwardingProfile } from "../../../src/topology/index.ts";
import { installTables, type OvsLab } from "../../lab/index.ts";
import { linkPortName } from "../../lab/ovs-commands.ts";
import { dpid } from "../../topology/networks.ts";
import { type MatrixCase, SAMPLE } from "../matrix-cases.ts";
import {
  ACCESS_VLAN,
  type Arrivals,
  lineOf,
  type MatrixCounts,
  MatrixScenario,
  placeOf,
} from "../matrix-scenario.ts";

/** One hash for each class of flows that samples and sets of two distinguish: only switches compute hashes. */
const CLASSES: readonly FlowHash[] = [0, SAMPLE * SAMPLE_PARTS].flatMap((sample) =>
  [0, BALANCE_PARTS / 2].map((balance) => ({ sample, balance })),
);

/**
 * The switches of a scenario in a lab, joined by cables. What they do without policies is the reference for
 * originals. Tunnel ports are plain ones: what leaves there is what a tunnel would carry.
 */
export class MatrixNetwork {
  readonly #prefix: string;
  readonly #matrix: MatrixScenario;
  readonly #cables: ReadonlyMap<string, string>;
  readonly #places = new Map<string, string>();

  constructor(prefix: string, profile: ForwardingProfile, parsedTags: number) {
    this.#prefix = prefix;
    this.#matrix = new MatrixScenario(profile, parsedTags);
    const { topology } = this.#matrix.scenario;
    const ends = topology.links.map(({ a, b }) => [
      this.#portName(a.dpid, Number(a.written)),
      this.#portName(b.dpid, Number(b.written)),
    ]);
    this.#cables = new Map(ends.flatMap(([a = "", b = ""]) => [[a, b] as const, [b, a] as const]));
    for (const at of topology.switches.keys()) {
      for (const port of topology.edgePorts(at)) {
        this.#places.set(this.#portName(at, port), placeOf({ dpid: at, port }));
      }
    }
  }

  get switches() {
    const { topology } = this.#matrix.scenario;
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
    if (!this.#matrix.learns) return;
    await lab.vsctl("set", "port", this.#portName(dpid(1), 2), `tag=${ACCESS_VLAN}`);
  }

  /** Sends the frames of a case without its policies, then with them; adds the outcome to `counts`. */
  check(lab: OvsLab, name: string, given: MatrixCase, counts: MatrixCounts): Promise<void> {
    const sendAll = async (frames: readonly FrameAt[], compiler: TapCompiler) => {
      await this.#install(lab, compiler);
      const arrivals: Arrivals[] = [];
      for (const at of frames) arrivals.push(await this.#send(lab, at));
      return arrivals;
    };
    const bridge = this.#matrix.bridgeOfReceiver();
    return this.#matrix.check(name, given, { sendAll, hashesOf: () => CLASSES, bridge, counts });
  }

  async #install(lab: OvsLab, compiler: TapCompiler): Promise<void> {
    const { scenario } = this.#matrix;
    const tables = scenario.tables(compiler);
    for (const at of scenario.topology.switches.keys()) {
      await installTables(lab, this.#bridge(at), tables(at));
    }
  }

  /** Sends a frame and, hop by hop, what leaves by cables. */
  async #send(lab: OvsLab, at: FrameAt): Promise<Arrivals> {
    if (this.#matrix.learns) await this.#forget(lab);
    const arrived: string[] = [];
    const moving = [{ port: this.#portName(at.dpid, at.port), frame: at.bytes }];
    for (let next = moving.shift(); next !== undefined; next = moving.shift()) {
      lab.clear();
      await lab.inject(next.port, next.frame);
      for (const [name, list] of Object.entries(lab.received())) {
        const peer = this.#cables.get(name);
        for (const hex of list) {
          const frame = Buffer.from(hex, "hex");
          if (peer === undefined) arrived.push(lineOf(this.#places.get(name) ?? name, frame));
          else moving.push({ port: peer, frame });
        }
      }
    }
    return arrived;
  }

  /** The bridges know where host 2 is, and nothing that frames taught them. */
  async #forget(lab: OvsLab): Promise<void> {
    for (const at of this.#matrix.scenario.topology.switches.keys()) {
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
