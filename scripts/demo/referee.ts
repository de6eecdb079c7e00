import { type FrameFields, frameFields } from "./frame-fields.ts";
import type { DemoNetwork, DemoPolicy } from "./network.ts";

/** The frames each host put on its wire, or found there, by host name. */
export type Frames = ReadonlyMap<string, readonly Uint8Array[]>;

/** How many of the frames that ought to arrive did, bit for bit. */
export interface Tally {
  readonly wanted: number;
  readonly arrived: number;
}

/** What the referee found. Every frame counts once per place where it ought to be. */
export interface Findings {
  /** Frames that hosts sent. */
  readonly sent: number;
  /** Frames that no policy matches. */
  readonly untapped: number;
  /** Originals at those they were sent to (a broadcast: at every other host). */
  readonly originals: Tally;
  /** Copies at monitors. */
  readonly copies: Tally;
  /** Per policy: frames matched, and for each monitor the copies that arrived. */
  readonly policies: readonly {
    readonly id: string;
    readonly matched: number;
    readonly arrived: ReadonlyMap<string, number>;
  }[];
  /** Frames that ought to be at a host and are not. */
  readonly missing: readonly FrameAt[];
  /** Frames somewhere that nobody should have got there: doubles, altered ones, strangers. */
  readonly stray: readonly FrameAt[];
}

/** A frame and the host whose wire it is about. */
export interface FrameAt {
  readonly host: string;
  readonly frame: Uint8Array;
}

/** One frame's due arrival at a host. */
interface Due {
  readonly host: string;
  readonly kind: "original" | "copy";
  /** The policies that ask for a copy. */
  readonly policies: readonly string[];
}

/** Judges what arrived by what was sent, knowing the policies and nothing of the controller. */
export class Referee {
  readonly #hosts: DemoNetwork["hosts"];
  readonly #hostByMac: ReadonlyMap<string, string>;
  readonly #policies: readonly DemoPolicy[];

  constructor(network: DemoNetwork, policies: readonly DemoPolicy[]) {
    this.#hosts = network.hosts;
    this.#hostByMac = new Map(network.hosts.map(({ mac, name }) => [mac, name]));
    this.#policies = policies;
  }

  judge(sent: Frames, got: Frames): Findings {
    const left = new Map([...got].map(([host, frames]) => [host, new Bag(frames)]));
    const tally = { original: { wanted: 0, arrived: 0 }, copy: { wanted: 0, arrived: 0 } };
    const policies = this.#policies.map(({ id, monitors }) => ({
      id,
      matched: 0,
      arrived: new Map(monitors.map(({ mac }) => [this.hostName(mac), 0])),
    }));
    const missing: FrameAt[] = [];
    let [total, untapped] = [0, 0];
    for (const [host, frames] of sent) {
      for (const frame of frames) {
        const matching = this.#matching(frameFields(frame));
        total++;
        if (matching.length === 0) untapped++;
        for (const entry of policies)
          if (matching.some(({ id }) => id === entry.id)) entry.matched++;
        for (const due of this.#due(host, frame, matching)) {
          tally[due.kind].wanted++;
          if (!left.get(due.host)?.take(frame)) {
            missing.push({ host: due.host, frame });
            continue;
          }
          tally[due.kind].arrived++;
          for (const entry of policies) {
            if (!due.policies.includes(entry.id)) continue;
            entry.arrived.set(due.host, (entry.arrived.get(due.host) ?? 0) + 1);
          }
        }
      }
    }
    const stray = [...left].flatMap(([host, bag]) => bag.rest().map((frame) => ({ host, frame })));
    const { original: originals, copy: copies } = tally;
    return { sent: total, untapped, originals, copies, policies, missing, stray };
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

/** Whether a frame is one of those a policy describes, read in the forward direction. */
function holds({ sender, receiver, filters = {} }: DemoPolicy, frame: FrameFields): boolean {
  if (frame.eth_src !== sender.mac || frame.eth_dst !== receiver.mac) return false;
  if (sender.ip !== undefined && frame.ip_src !== sender.ip) return false;
  if (receiver.ip !== undefined && frame.ip_dst !== receiver.ip) return false;
  return Object.entries(filters).every(([name, wanted]) => {
    const value = typeof wanted === "number" ? wanted : { icmp: 1, tcp: 6, udp: 17 }[wanted];
    if (value === undefined) throw new Error(`the demo cannot read the filter value "${wanted}"`);
    return frame[name as keyof FrameFields] === value;
  });
}

/** The frame with source and destination exchanged: what a policy's forward filters describe. */
function turnedAround(frame: FrameFields): FrameFields {
  const swapped = Object.entries(frame).map(([name, value]) => [
    name.replace(/_(src|dst)$/, (_, end) => (end === "src" ? "_dst" : "_src")),
    value,
  ]);
  return Object.fromEntries(swapped) as FrameFields;
}

/** Frames to be taken out one by one, by content. */
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
