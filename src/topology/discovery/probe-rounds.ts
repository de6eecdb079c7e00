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
  /** Ways that have missed too many, and when the last of these probes left: it may still come. */
  readonly #suspects = new Map<Direction, number>();
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
    if (port.isSteady) this.#count(port, now);
    return port.noteSent(sequence, now, this.#intervalMs) ? "last" : "yes";
  }

  /** Whether a probe may still be on its way. */
  mayArrive(from: ProbedPort, probe: Probe, now: number): boolean {
    return probe.epoch === this.#epoch && from.hasSent(probe.sequence, now, 2 * this.#intervalMs);
  }

  /** The ways that are lost now, if their switches would have said so were they not. */
  takeSuspects(now: number): Direction[] {
    const found: Direction[] = [];
    for (const [way, since] of this.#suspects) {
      if (this.isSuspect(way) && now - since < LAST_CHANCE_MS) continue;
      this.#suspects.delete(way);
      if (this.isSuspect(way)) found.push(way);
    }
    return found;
  }

  /** Whether too many probes have not come through. Nothing is concluded of a switch that is away. */
  isSuspect(way: Direction): boolean {
    const { from, to, missed } = way;
    const isKnown = to.hears.get(from) === way;
    return isKnown && missed >= MISSED_PROBES && from.owner.ready && to.owner.ready;
  }

  #count(port: ProbedPort, now: number): void {
    for (const way of port.heardAt.values()) {
      if (!way.to.owner.ready || !way.to.up) continue;
      if (way.missed === 0) way.silentSince = now;
      way.missed++;
      if (way.missed >= MISSED_PROBES && !this.#suspects.has(way)) this.#suspects.set(way, now);
    }
  }
}
