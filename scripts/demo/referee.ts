// SPDX-License-Identifier: Apache-2.0
import { type FrameFields, frameFields } from "./frame-fields.ts";
import type { DemoNetwork, DemoPolicy } from "./network.ts";

/** The frames that each host sent, or received, by host name. */
export type Frames = ReadonlyMap<string, readonly Uint8Array[]>;

/** How many frames should arrive, and how many did, bit for bit. */
export interface Tally {
  readonly expected: number;
  readonly arrived: number;
}

/** The referee's result. Every frame counts once per host at which it should arrive. */
export interface Findings {
  /** Frames that hosts sent. */
  readonly sent: number;
  /** Frames that no policy matches. */
  readonly untapped: number;
  /** Originals at their receivers (a broadcast: at every other host). */
  readonly originals: Tally;
  /** Copies at monitors. */
  readonly copies: Tally;
  /** Per policy: frames matched, and for each monitor the copies that arrived. */
  readonly policies: readonly {
    readonly id: string;
    readonly matched: number;
    readonly arrived: ReadonlyMap<string, number>;
  }[];
  /** Frames that should have arrived at a host and did not. */
  readonly missing: readonly FrameAt[];
  /** Frames that no host should have received: duplicates, altered and foreign frames. */
  readonly stray: readonly FrameAt[];
}

/** A frame at a host. */
export interface FrameAt {
  readonly host: string;
  readonly frame: Uint8Array;
}

/** An arrival that is due: a frame should reach a host. */
interface Due {
  readonly host: string;
  readonly kind: "original" | "copy";
  /** The policies that ask for a copy. */
  readonly policies: readonly string[];
}

/** Compares received with sent frames by the policies alone, independently of the controller. */
export class Referee {
  readonly #hosts: DemoNetwork["hosts"];
  readonly #hostByMac: ReadonlyMap<string, string>;
  readonly #policies: readonly DemoPolicy[];

  constructor(network: DemoNetwork, policies: readonly DemoPolicy[]) {
    this.#hosts = network.hosts;
    this.#hostByMac = new Map(network.hosts.map(({ mac, name }) => [mac, name]));
    this.#policies = policies;
  }

  /** Compares the frames that were received with those that were sent. */
  judge(sent: Frames, received: Frames): Findings {
    const left = new Map([...received].map(([host, frames]) => [host, new Bag(frames)]));
    const score = new Score(this.#policies.map((policy) => this.#emptyScore(policy)));
    for (const [host, frames] of sent) {
      for (const frame of frames) {
        const matching = this.#matching(frameFields(frame));
        score.sent(matching.map(({ id }) => id));
        for (const due of this.#due(host, frame, matching)) {
          score.due(due, frame, left.get(due.host)?.take(frame) ?? false);
        }
      }
    }
    const stray = [...left].flatMap(([host, bag]) => bag.rest().map((frame) => ({ host, frame })));
    return score.findings(stray);
  }

  #emptyScore({ id, monitors }: DemoPolicy): PolicyScore {
    return {
      id,
      matched: 0,
      arrived: new Map(monitors.map(({ mac }) => [this.hostName(mac), 0])),
    };
  }

  /** The name of the host with that address. */
  hostName(mac: string): string {
    return this.#hostByMac.get(mac) ?? mac;
  }

  #due(from: string, frame: Uint8Array, matching: readonly DemoPolicy[]): Due[] {
    const others = this.#hosts.map(({ name }) => name).filter((name) => name !== from);
    const to = this.#hostByMac.get(frameFields(frame).eth_dst);
    const receivers = to === undefined ? others : others.filter((name) => name === to);
    const originals = receivers.map((host): Due => ({ host, kind: "original", policies: [] }));
    const monitors = new Map<string, string[]>();
    for (const policy of matching) {
      for (const { mac } of policy.monitors) {
        const host = this.hostName(mac);
        monitors.set(host, [...(monitors.get(host) ?? []), policy.id]);
      }
    }
    const copies = [...monitors].map(([host, policies]): Due => ({ host, kind: "copy", policies }));
    return [...originals, ...copies];
  }

  #matching(frame: FrameFields): DemoPolicy[] {
    return this.#policies.filter((policy) => {
      const { direction = "forward" } = policy;
      const forward = direction !== "reverse" && holds(policy, frame);
      return forward || (direction !== "forward" && holds(policy, turnedAround(frame)));
    });
  }
}

interface PolicyScore {
  readonly id: string;
  matched: number;
  readonly arrived: Map<string, number>;
}

/** Counts frames while they are compared. */
class Score {
  #sent = 0;
  #untapped = 0;
  readonly #tally = { original: { expected: 0, arrived: 0 }, copy: { expected: 0, arrived: 0 } };
  readonly #policies: readonly PolicyScore[];
  readonly #missing: FrameAt[] = [];

  constructor(policies: readonly PolicyScore[]) {
    this.#policies = policies;
  }

  /** A frame was sent that these policies match. */
  sent(matching: readonly string[]): void {
    this.#sent++;
    if (matching.length === 0) this.#untapped++;
    for (const policy of this.#policies) if (matching.includes(policy.id)) policy.matched++;
  }

  /** A frame was due at a host, and has arrived there or not. */
  due({ host, kind, policies }: Due, frame: Uint8Array, hasArrived: boolean): void {
    const tally = this.#tally[kind];
    tally.expected++;
    if (!hasArrived) {
      this.#missing.push({ host, frame });
      return;
    }
    tally.arrived++;
    for (const { id, arrived } of this.#policies) {
      if (policies.includes(id)) arrived.set(host, (arrived.get(host) ?? 0) + 1);
    }
  }

  findings(stray: readonly FrameAt[]): Findings {
    const { original: originals, copy: copies } = this.#tally;
    const [sent, untapped] = [this.#sent, this.#untapped];
    return {
      ...{ sent, untapped, originals, copies },
      ...{ policies: this.#policies, missing: this.#missing, stray },
    };
  }
}

/** Whether a policy matches a frame in the forward direction. */
function holds({ sender, receiver, filters = {} }: DemoPolicy, frame: FrameFields): boolean {
  if (frame.eth_src !== sender.mac || frame.eth_dst !== receiver.mac) return false;
  if (sender.ip !== undefined && frame.ip_src !== sender.ip) return false;
  if (receiver.ip !== undefined && frame.ip_dst !== receiver.ip) return false;
  return Object.entries(filters).every(([name, filter]) => {
    const value = typeof filter === "number" ? filter : { icmp: 1, tcp: 6, udp: 17 }[filter];
    if (value === undefined) throw new Error(`the demo cannot read the filter value "${filter}"`);
    return frame[name as keyof FrameFields] === value;
  });
}

/** The frame with source and destination exchanged, for a policy's forward filters. */
function turnedAround(frame: FrameFields): FrameFields {
  const swapped = Object.entries(frame).map(([name, value]) => [
    name.replace(/_(src|dst)$/, (_, end) => (end === "src" ? "_dst" : "_src")),
    value,
  ]);
  return Object.fromEntries(swapped) as FrameFields;
}

/** A multiset of frames. */
class Bag {
  readonly #frames = new Map<string, Uint8Array[]>();

  constructor(frames: readonly Uint8Array[]) {
    for (const frame of frames) {
      const key = Buffer.from(frame).toString("latin1");
      const same = this.#frames.get(key);
      if (same) same.push(frame);
      else this.#frames.set(key, [frame]);
    }
  }

  take(frame: Uint8Array): boolean {
    const key = Buffer.from(frame).toString("latin1");
    return this.#frames.get(key)?.pop() !== undefined;
  }

  rest(): Uint8Array[] {
    return [...this.#frames.values()].flat();
  }
}
