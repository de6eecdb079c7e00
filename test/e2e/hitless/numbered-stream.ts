// SPDX-License-Identifier: Apache-2.0
import type { OvsLab } from "../../lab/index.ts";
import { udp } from "../frames.ts";
import type { ScenarioHost } from "../scenario.ts";

const MARK = "vtap stream ";

/** A stream's frames at one receiver, by their numbers. */
export interface StreamReport {
  readonly sent: number;
  readonly lost: readonly number[];
  readonly duplicated: readonly number[];
  /** Frames that arrived after one with a higher number. */
  readonly reordered: readonly number[];
}

/**
 * Sends numbered frames of one flow, one by one, until stopped. The datapath's flow cache is left alone:
 * the frames take the same fast path as production traffic.
 */
export class NumberedStream {
  readonly #lab: OvsLab;
  readonly #from: ScenarioHost;
  readonly #to: ScenarioHost;
  readonly #port: number;
  readonly #sentAt: number[] = [];
  #running = true;
  readonly #done: Promise<void>;

  /** Starts to send, one frame about every `everyMs` milliseconds. `port`: the flow's UDP port. */
  constructor(lab: OvsLab, flow: { from: ScenarioHost; to: ScenarioHost; port: number }) {
    this.#lab = lab;
    this.#from = flow.from;
    this.#to = flow.to;
    this.#port = flow.port;
    this.#done = this.#send();
  }

  /** How many frames have been sent; the next one has this number. */
  get sent(): number {
    return this.#sentAt.length;
  }

  /** When a frame was sent, by `performance.now()`. */
  sentAt(number: number): number {
    return this.#sentAt[number] ?? Number.NaN;
  }

  async stop(): Promise<void> {
    this.#running = false;
    await this.#done;
  }

  /**
   * The numbers of this flow's frames at a host, in order of arrival. `skip`: how many of the host's
   * first frames, of any flow, to leave out.
   */
  numbersAt(host: string, skip = 0): number[] {
    const frames = this.#lab.frames(host);
    return frames.slice(skip).flatMap((frame) => this.#numberOf(frame));
  }

  /** Compares a host's frames with those sent. */
  reportAt(host: string): StreamReport {
    return compare(this.sent, this.numbersAt(host));
  }

  async #send(): Promise<void> {
    while (this.#running) {
      const number = this.#sentAt.length;
      this.#sentAt.push(performance.now());
      await this.#lab.give(this.#from.name, this.#frame(number));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  }

  #frame(number: number): Uint8Array {
    const ports = { src: this.#port, dst: this.#port };
    return udp(this.#from, this.#to, ports, { data: `${MARK}${this.#port} ${number} ` });
  }

  #numberOf(frame: Uint8Array): number[] {
    const text = Buffer.from(frame).toString("latin1");
    const at = text.indexOf(`${MARK}${this.#port} `);
    if (at < 0) return [];
    const number = Number(text.slice(at).split(" ")[3]);
    // Bit for bit: an altered frame does not count.
    return Buffer.from(this.#frame(number)).equals(frame) ? [number] : [];
  }
}

/** Pure: what is missing, duplicated or reordered among the numbers 0 to `sent` - 1. */
export function compare(sent: number, numbers: readonly number[]): StreamReport {
  const counts = new Uint32Array(sent);
  const reordered: number[] = [];
  let highest = -1;
  for (const number of numbers) {
    counts[number] = (counts[number] ?? 0) + 1;
    if (number < highest) reordered.push(number);
    highest = Math.max(highest, number);
  }
  const where = (is: (count: number) => boolean) =>
    [...counts.keys()].filter((number) => is(counts[number] ?? 0));
  return {
    sent,
    lost: where((count) => count === 0),
    duplicated: where((count) => count > 1),
    reordered,
  };
}
