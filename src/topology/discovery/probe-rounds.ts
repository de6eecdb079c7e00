// SPDX-License-Identifier: Apache-2.0
import type { Probe } from "./probe.ts";
import type { Direction, ProbedPort } from "./probed-port.ts";

/** Steady probes lost in a row before a direction counts as lost. */
const MISSED_PROBES = 3;
/** Time for the last of them to arrive, in milliseconds. */
const LAST_CHANCE_MS = 500;
/** Delay before a probe that could not be sent is retried, in milliseconds. */
const RETRY_MS = 100;

/** Whether a due probe was sent. `last`: it was the last fast probe. */
export type Sent = "no" | "yes" | "last";

/** Sends probes and counts those that do not arrive. */
export class ProbeRounds {
  readonly #epoch: bigint;
  readonly #intervalMs: number;
  /** Directions that have missed too many probes, with the time the last of these left. */
  readonly #suspects = new Map<Direction, number>();
  #sequence = 0;

  constructor({ epoch, intervalMs }: { readonly epoch: bigint; readonly intervalMs: number }) {
    this.#epoch = epoch;
    this.#intervalMs = intervalMs;
  }

  get hasSuspects(): boolean {
    return this.#suspects.size > 0;
  }

  /** Sends the due probe of a port; `send` returns whether it was sent. */
  send(port: ProbedPort, now: number, send: (probe: Probe) => boolean): Sent {
    const sequence = this.#sequence;
    if (!send({ dpid: port.dpid, port: port.no, epoch: this.#epoch, sequence })) {
      port.due = now + RETRY_MS;
      return "no";
    }
    this.#sequence = (sequence + 1) >>> 0;
    // Fast probes do not count: the switch's tables may be changing.
    if (port.isSteady) this.#count(port, now);
    return port.noteSent(sequence, now, this.#intervalMs) ? "last" : "yes";
  }

  /** Whether a probe may still be in flight. */
  mayArrive(from: ProbedPort, probe: Probe, now: number): boolean {
    return probe.epoch === this.#epoch && from.hasSent(probe.sequence, now, 2 * this.#intervalMs);
  }

  /** The directions that are lost now, provided that their switches confirm. */
  takeSuspects(now: number): Direction[] {
    const found: Direction[] = [];
    for (const [direction, since] of this.#suspects) {
      if (this.isSuspect(direction) && now - since < LAST_CHANCE_MS) continue;
      this.#suspects.delete(direction);
      if (this.isSuspect(direction)) found.push(direction);
    }
    return found;
  }

  /** Whether too many probes are missing. A disconnected switch proves nothing. */
  isSuspect(direction: Direction): boolean {
    const { from, to, missed } = direction;
    const isKnown = to.hears.get(from) === direction;
    return isKnown && missed >= MISSED_PROBES && from.owner.ready && to.owner.ready;
  }

  #count(port: ProbedPort, now: number): void {
    for (const direction of port.heardAt.values()) {
      if (!direction.to.owner.ready || !direction.to.up) continue;
      if (direction.missed === 0) direction.silentSince = now;
      direction.missed++;
      if (direction.missed >= MISSED_PROBES && !this.#suspects.has(direction))
        this.#suspects.set(direction, now);
    }
  }
}
