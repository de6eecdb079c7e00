import type { Probe } from "./probe.ts";
import type { Direction, ProbedPort } from "./probed-port.ts";

/** Steady probes in a row that do not come through before a way is lost. */
const MISSED_PROBES = 3;
/** How long the last of them may be on its way, in milliseconds. */
const LAST_CHANCE_MS = 500;
/** When a probe that could not be sent is tried again, in milliseconds. */
const AGAIN_MS = 100;

/** What became of a probe that was due. `last`: it was the last of the fast ones. */
export type Sent = "no" | "yes" | "last";

/** Sends probes and counts those that do not come through. */
export class ProbeRounds {
  readonly #epoch: bigint;
  readonly #intervalMs: number;
  /** Ways that have missed too many; the last may still come. */
  readonly #suspects = new Set<Direction>();
  #sequence = 0;

  constructor({ epoch, intervalMs }: { readonly epoch: bigint; readonly intervalMs: number }) {
    this.#epoch = epoch;
    this.#intervalMs = intervalMs;
  }

  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  /** Sends the probe of a port that is due; `send` says whether it was sent. */
  send(port: ProbedPort, now: number, send: (probe: Probe) => boolean): Sent {
    const sequence = this.#sequence;
    if (!send({ dpid: port.dpid, port: port.no, epoch: this.#epoch, sequence })) {
      port.due = now + AGAIN_MS;
      return "no";
    }
    this.#sequence = (sequence + 1) >>> 0;
    // Fast ones do not count: tables may just be changing.
    if (port.isSteady) this.#count(port);
    return port.noteSent(sequence, now, this.#intervalMs) ? "last" : "yes";
  }

  /** Whether a probe may still be on its way. */
  mayArrive(from: ProbedPort, probe: Probe, now: number): boolean {
    return probe.epoch === this.#epoch && from.hasSent(probe.sequence, now, 2 * this.#intervalMs);
  }

  /** The ways that are lost now. Nothing is concluded of a switch that is away. */
  takeLost(now: number): Direction[] {
    const lost: Direction[] = [];
    for (const way of this.#suspects) {
      const { from, to, missed } = way;
      const isSuspect = missed >= MISSED_PROBES && to.hears.get(from) === way && to.owner.ready;
      if (isSuspect && now - from.lastSent < LAST_CHANCE_MS) continue;
      this.#suspects.delete(way);
      if (isSuspect) lost.push(way);
    }
    return lost;
  }

  #count(port: ProbedPort): void {
    for (const way of port.heardAt.values()) {
      if (!way.to.owner.ready || !way.to.up) continue;
      way.missed++;
      if (way.missed >= MISSED_PROBES) this.#suspects.add(way);
    }
  }
}
