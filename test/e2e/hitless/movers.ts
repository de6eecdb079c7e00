// SPDX-License-Identifier: Apache-2.0
import { ethernet, rarp } from "../../../src/packet/index.ts";
import { waitFor } from "../../lab/index.ts";
import { hostAddresses } from "../hosts.ts";
import { BROADCAST, type Cable, type HitlessNetwork, MONITOR, SENDER } from "./network.ts";
import { NumberedStream } from "./numbered-stream.ts";
import { pick } from "./random.ts";
import type { TwoWay } from "./two-way.ts";
import { WatchedFrames } from "./watched-frames.ts";

/** More than five moves in ten seconds count as flapping: the host would be held at its place. */
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
 * Two hosts that move, each part of a policy that stays active: the sender, whose frames to h2 are
 * copied to h3, and the monitor of production. They move by sending at another port, or over REST where
 * they are configured.
 */
export class Movers {
  readonly #network: HitlessNetwork;
  readonly #streams: TwoWay;
  readonly #chance: () => number;
  readonly #sender: Mover;
  readonly #monitor: Mover;
  #port = FIRST_PORT;
  /** Time from each move until frames of both directions arrive again, in milliseconds. */
  readonly resumedMs: number[] = [];

  constructor(network: HitlessNetwork, streams: TwoWay, chance: () => number) {
    this.#network = network;
    this.#streams = streams;
    this.#chance = chance;
    this.#sender = { n: SENDER, cable: firstCable(network, SENDER), moved: [] };
    this.#monitor = { n: MONITOR, cable: firstCable(network, MONITOR), moved: [] };
  }

  /** Places both hosts, and activates their policies. */
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
    return "two hosts appear that move later";
  }

  /** Both announce their places once more: frames and copies arrive. */
  async end(): Promise<void> {
    await this.#followSender(this.#sender.cable, false);
    await this.#followMonitor(this.#monitor.cable, false);
  }

  /** Moves the sender; undefined if that would be too often. */
  async moveSender(suspended: boolean): Promise<string | undefined> {
    const to = this.#elsewhere(this.#sender);
    return to && this.#followSender(to, suspended);
  }

  /** Moves the monitor; undefined if that would be too often. */
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
   * `since`: when the host moved, if it did. No original is missing after the first one. Copies may
   * pause once more: they have to while their old path is gone and the new one is not fully confirmed.
   * All copies arrive when the switches are up to date.
   */
  async #follow({ originals, copies }: Followed, since: number | undefined): Promise<void> {
    await Promise.all([originals?.resume(), copies.resume()]);
    if (since !== undefined) this.resumedMs.push(performance.now() - since);
    await originals?.expectAll();
    await this.#network.settled();
    await copies.expectAll();
  }

  #elsewhere(mover: Mover): Cable | undefined {
    // REST moves a host as often as asked.
    if (this.#network.kind === "file") return pick(this.#othersOf(mover), this.#chance);
    const since = performance.now() - MOVES_WITHIN_MS;
    if (mover.moved.filter((at) => at > since).length >= MOST_MOVES) return undefined;
    return pick(this.#othersOf(mover), this.#chance);
  }

  #othersOf({ n, cable }: Mover): readonly Cable[] {
    return this.#network.cablesOf(n).filter(({ name }) => name !== cable.name);
  }

  /** Announces a host at a place, once, and waits until the controller knows. */
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
    // By ARP of the guest itself, or by RARP of its hypervisor.
    if (this.#chance() < 0.5) await this.#network.hello(mover.n, cable.name);
    else {
      const frame = ethernet({ dst: BROADCAST, src: mac }, rarp(mac));
      await this.#network.send(cable.name, frame);
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

/** The host at which no more frames may arrive. */
function nowhere(old: Cable, to: Cable): string | undefined {
  return old === to ? undefined : old.name;
}

function failed(what: string) {
  return (cause: unknown) => {
    throw new Error(what, { cause });
  };
}

const placeOf = ({ switch: name, port }: Cable) => `${name}:${port}`;
