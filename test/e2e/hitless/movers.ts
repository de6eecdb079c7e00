import { ethernet, rarp } from "../../../src/packet/index.ts";
import { waitFor } from "../../lab/index.ts";
import { hostAddresses } from "../hosts.ts";
import { BROADCAST, type Cable, type HitlessNetwork, MONITOR, SENDER } from "./network.ts";
import { NumberedStream } from "./numbered-stream.ts";
import { pick } from "./random.ts";
import type { TwoWay } from "./two-way.ts";
import { WatchedFrames } from "./watched-frames.ts";

/** More than five moves in ten seconds would be flapping: the host would be held where it was. */
const MOST_MOVES = 4;
const MOVES_WITHIN_MS = 11_000;
/** UDP port of the first flow of the sender; each move has two flows of its own. */
const FIRST_PORT = 8000;

interface Mover {
  readonly n: number;
  cable: Cable;
  /** When the controller knew each move at the latest, by `performance.now()`. */
  readonly moved: number[];
}

interface Followed {
  readonly originals?: WatchedFrames;
  readonly copies: WatchedFrames;
}

/**
 * Two hosts that move, each of a policy that is active all the time: one as its sender, whose frames to h2
 * are copied to h3, one as the monitor of production. They move by speaking at another port, or
 * over REST where they are named.
 */
export class Movers {
  readonly #network: HitlessNetwork;
  readonly #streams: TwoWay;
  readonly #chance: () => number;
  readonly #sender: Mover;
  readonly #monitor: Mover;
  #port = FIRST_PORT;
  /** Time from each move until the frames of both ways were there again, in milliseconds. */
  readonly resumedMs: number[] = [];

  constructor(network: HitlessNetwork, streams: TwoWay, chance: () => number) {
    this.#network = network;
    this.#streams = streams;
    this.#chance = chance;
    this.#sender = { n: SENDER, cable: firstCable(network, SENDER), moved: [] };
    this.#monitor = { n: MONITOR, cable: firstCable(network, MONITOR), moved: [] };
  }

  /** Puts both where they are first, and has their policies active. */
  async begin(): Promise<string> {
    for (const mover of [this.#sender, this.#monitor]) await this.#appear(mover, mover.cable);
    const receiver = this.#network.identifier(2);
    const direction = "both";
    await this.#network.scenario.createPolicy({
      id: "moved-sender",
      sender: { mac: hostAddresses(SENDER).mac },
      receiver,
      monitors: [this.#network.identifier(3)],
      direction,
    });
    await this.#network.scenario.createPolicy({
      id: "moved-monitor",
      sender: this.#network.identifier(1),
      receiver,
      monitors: [{ mac: hostAddresses(MONITOR).mac }],
      direction,
    });
    return "two hosts appear that will move";
  }

  /** Both say once more where they are: frames and copies are there. */
  async end(): Promise<void> {
    await this.#followSender(this.#sender.cable, false);
    await this.#followMonitor(this.#monitor.cable, false);
  }

  /** Moves the sender; undefined when it would be too often. */
  async moveSender(suspended: boolean): Promise<string | undefined> {
    const to = this.#elsewhere(this.#sender);
    return to && this.#followSender(to, suspended);
  }

  /** Moves the monitor; undefined when it would be too often. */
  async moveMonitor(suspended: boolean): Promise<string | undefined> {
    const to = this.#elsewhere(this.#monitor);
    return to && this.#followMonitor(to, suspended);
  }

  async #followSender(to: Cable, suspended: boolean): Promise<string> {
    const { lab, scenario } = this.#network;
    const sender = { ...scenario.host(to.name), ...hostAddresses(SENDER) };
    const server = scenario.host("h2");
    await this.#network.settled();
    const old = this.#sender.cable;
    const what = `the sender moves from ${placeOf(old)} to ${placeOf(to)}`;
    const since = to === old ? undefined : performance.now();
    await this.#appear(this.#sender, to);
    const port = this.#port;
    this.#port += 2;
    const there = new NumberedStream(lab, { from: sender, to: server, port });
    const back = new NumberedStream(lab, { from: server, to: sender, port: port + 1 });
    const originals = [
      { stream: there, at: "h2" },
      { stream: back, at: to.name },
    ];
    const copies = [there, back].map((stream) => ({ stream, at: "h3" }));
    try {
      const watched = {
        originals: new WatchedFrames(lab, originals, nowhere(old, to)),
        copies: new WatchedFrames(lab, suspended ? [] : copies, undefined),
      };
      await this.#follow(watched, since).catch(failed(what));
    } finally {
      await Promise.all([there.stop(), back.stop()]);
    }
    return what;
  }

  async #followMonitor(to: Cable, suspended: boolean): Promise<string> {
    await this.#network.settled();
    const old = this.#monitor.cable;
    const expected = this.#streams.map((stream) => ({ stream, at: to.name }));
    const copies = new WatchedFrames(this.#network.lab, expected, nowhere(old, to));
    const since = to === old ? undefined : performance.now();
    await this.#appear(this.#monitor, to);
    const what = `the monitor moves from ${placeOf(old)} to ${placeOf(to)}`;
    if (!suspended) await this.#follow({ copies }, since).catch(failed(what));
    return what;
  }

  /**
   * `since`: when the host moved, if it did. Of the originals none is missing after the first one. Copies
   * may pause once more, as they have to while their old way is gone and not all of the new one is
   * confirmed; all of them are there when the switches are up to date.
   */
  async #follow({ originals, copies }: Followed, since: number | undefined): Promise<void> {
    await Promise.all([originals?.resume(), copies.resume()]);
    if (since !== undefined) this.resumedMs.push(performance.now() - since);
    await originals?.expectAll();
    await this.#network.settled();
    await copies.expectAll();
  }

  #elsewhere(mover: Mover): Cable | undefined {
    // A host that is named goes wherever it is said to be.
    if (this.#network.kind === "file") return pick(this.#othersOf(mover), this.#chance);
    const since = performance.now() - MOVES_WITHIN_MS;
    if (mover.moved.filter((at) => at > since).length >= MOST_MOVES) return undefined;
    return pick(this.#othersOf(mover), this.#chance);
  }

  #othersOf({ n, cable }: Mover): readonly Cable[] {
    return this.#network.cablesOf(n).filter(({ name }) => name !== cable.name);
  }

  /** Says that a host is there now, once, and waits for the controller to know. */
  async #appear(mover: Mover, cable: Cable): Promise<void> {
    const hasMoved = cable !== mover.cable;
    mover.cable = cable;
    const { mac, ip } = hostAddresses(mover.n);
    const place = this.#network.portOf(cable.switch, cable.port);
    if (this.#network.kind === "file") {
      const host = { name: `mover-${mover.n}`, mac, ips: [ip], ...place };
      await this.#network.write("POST", "/hosts", host, [200, 201]);
      return;
    }
    // As a hypervisor says it of its guest, or as the guest does itself.
    if (this.#chance() < 0.5) await this.#network.hello(mover.n, cable.name);
    else {
      const frame = ethernet({ dst: BROADCAST, src: mac }, rarp(mac));
      await this.#network.say(cable.name, frame);
    }
    await waitFor(
      async () => {
        const { items } = await this.#network.scenario.vtap.get("/hosts");
        const host = items.find((each: { mac: string }) => each.mac === mac);
        return host?.switch === place.switch && host?.port === place.port;
      },
      { what: `host ${mac} to be known at ${placeOf(cable)}`, everyMs: 5 },
    );
    if (hasMoved) mover.moved.push(performance.now());
    this.#network.hasLearned();
  }
}

function firstCable(network: HitlessNetwork, n: number): Cable {
  const [cable] = network.cablesOf(n);
  if (!cable) throw new Error(`host ${n} has no cable`);
  return cable;
}

/** Where nothing may arrive any more. */
function nowhere(old: Cable, to: Cable): string | undefined {
  return old === to ? undefined : old.name;
}

function failed(what: string) {
  return (cause: unknown) => {
    throw new Error(what, { cause });
  };
}

const placeOf = ({ switch: name, port }: Cable) => `${name}:${port}`;
