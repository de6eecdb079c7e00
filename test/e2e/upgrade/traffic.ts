// SPDX-License-Identifier: Apache-2.0
import type { OvsLab } from "../../lab/index.ts";
import { isHostProbe } from "../discovery/own-probes.ts";
import { udp } from "../frames.ts";
import { compare } from "../hitless/numbered-stream.ts";
import type { ScenarioHost } from "../scenario.ts";

const MARK = "upgrade ";
const LLDP = 0x88cc;
const PRODUCTION = "production";

/** A flow of numbered frames, and where their copies belong. */
export interface Flow {
  /** What it shows, such as the form in which its copies are carried. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  /** UDP port of both ends; distinguishes the flows. */
  readonly port: number;
  /** Outer tag of the frames. */
  readonly vid?: number;
  /** Ports at which each frame's copy is due; of a list, any one of them. */
  readonly copies: readonly (string | readonly string[])[];
  /** Copies are cut to this many bytes. */
  readonly truncate?: number;
}

/** What became of a flow's frames, or of their copies for one monitor. */
interface FlowReport {
  readonly flow: string;
  /** `production`, or the monitors. */
  readonly what: string;
  readonly sent: number;
  readonly lost: readonly number[];
  readonly duplicated: readonly number[];
  readonly reordered: readonly number[];
  /** The longest time without a frame, in milliseconds. */
  readonly gapMs: number;
}

/** A frame at a port where it does not belong, or not in this form. */
interface Stray {
  readonly at: string;
  readonly hex: string;
}

export interface TrafficReport {
  readonly production: readonly FlowReport[];
  readonly copies: readonly FlowReport[];
  readonly strays: readonly Stray[];
}

/**
 * Sends numbered frames of many flows, one of each in turn, until stopped. The datapath's flow cache is
 * left alone, as for production traffic.
 */
export class Traffic {
  readonly #lab: OvsLab;
  readonly #hosts: ReadonlyMap<string, ScenarioHost>;
  readonly #flows: readonly Flow[];
  readonly #sentAt: number[] = [];
  #running = true;
  readonly #done: Promise<void>;

  constructor(lab: OvsLab, hosts: ReadonlyMap<string, ScenarioHost>, flows: readonly Flow[]) {
    this.#lab = lab;
    this.#hosts = hosts;
    this.#flows = flows;
    this.#done = this.#send();
  }

  /** How many frames of each flow have been sent; the next one has this number. */
  get sent(): number {
    return this.#sentAt.length;
  }

  /** Resolves when so many more frames of each flow have been sent. */
  async more(frames: number): Promise<void> {
    const until = this.sent + frames;
    while (this.sent < until) await new Promise((resolve) => setTimeout(resolve, 2));
  }

  /** Resolves when all that was sent has arrived. */
  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
    await this.#lab.settle();
  }

  /**
   * Every frame that arrived anywhere, against what was sent. Copies of frames that are `excused` may be
   * missing.
   */
  report(excused: (number: number) => boolean): TrafficReport {
    const arrivals = new Map<string, number[]>();
    const strays: Stray[] = [];
    for (const at of this.#hosts.keys()) {
      for (const frame of this.#lab.frames(at)) {
        if (isProbe(frame)) continue;
        const found = this.#classify(at, frame);
        if (found === undefined) {
          strays.push({ at, hex: Buffer.from(frame).toString("hex") });
          continue;
        }
        const list = arrivals.get(found.key) ?? [];
        list.push(found.number);
        arrivals.set(found.key, list);
      }
    }
    const reportOf = (flow: Flow, what: string): FlowReport => {
      const numbers = arrivals.get(`${flow.port} ${what}`) ?? [];
      const { sent, lost: missing, ...faults } = compare(this.sent, numbers);
      const lost = what === PRODUCTION ? missing : missing.filter((number) => !excused(number));
      return { flow: flow.name, what, sent, ...faults, lost, gapMs: this.#longestGap(lost) };
    };
    return {
      production: this.#flows.map((flow) => reportOf(flow, PRODUCTION)),
      copies: this.#flows.flatMap((flow) => flow.copies.map((due) => reportOf(flow, nameOf(due)))),
      strays,
    };
  }

  /** The flow and its receiver that a frame at a port is of, if it belongs there as it is. */
  #classify(at: string, frame: Uint8Array): { key: string; number: number } | undefined {
    const text = Buffer.from(frame).toString("latin1");
    const [, port, number] = /upgrade (\d+) (\d+) /.exec(text) ?? [];
    const flow = this.#flows.find((each) => each.port === Number(port));
    if (flow === undefined || number === undefined) return undefined;
    const bytes = Buffer.from(this.#frame(flow, Number(number)));
    const key = (what: string) => ({ key: `${flow.port} ${what}`, number: Number(number) });
    if (at === flow.to) return bytes.equals(frame) ? key(PRODUCTION) : undefined;
    const due = flow.copies.find(
      (each) => each === at || (typeof each !== "string" && each.includes(at)),
    );
    const copy = bytes.subarray(0, flow.truncate);
    return due !== undefined && copy.equals(frame) ? key(nameOf(due)) : undefined;
  }

  /** The longest run of lost frames, as time. */
  #longestGap(lost: readonly number[]): number {
    let longest = 0;
    let first: number | undefined;
    for (const [index, number] of lost.entries()) {
      if (index === 0 || lost[index - 1] !== number - 1) first = number;
      const from = this.#sentAt[(first ?? number) - 1] ?? this.#sentAt[0] ?? 0;
      const to = this.#sentAt[number + 1] ?? this.#sentAt[number] ?? 0;
      longest = Math.max(longest, to - from);
    }
    return Math.round(longest);
  }

  async #send(): Promise<void> {
    while (this.#running) {
      const number = this.#sentAt.length;
      this.#sentAt.push(performance.now());
      for (const flow of this.#flows) await this.#lab.give(flow.from, this.#frame(flow, number));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #frame({ from, to, port, vid }: Flow, number: number): Uint8Array {
    const host = (name: string) => {
      const found = this.#hosts.get(name);
      if (found === undefined) throw new Error(`no host ${name}`);
      return found;
    };
    const data = `${MARK}${port} ${number} `.padEnd(80, ".");
    const tags = vid === undefined ? [] : [{ vid }];
    return udp(host(from), host(to), { src: port, dst: port }, { data, tags });
  }
}

function nameOf(due: string | readonly string[]): string {
  return typeof due === "string" ? due : due.join(" or ");
}

/** A probe of link discovery, by whichever controller, or of a host. */
function isProbe(frame: Uint8Array): boolean {
  return (frame[12] === LLDP >> 8 && frame[13] === (LLDP & 0xff)) || isHostProbe(frame);
}
