// SPDX-License-Identifier: Apache-2.0
import type { Dpid, PortNo } from "../dpid.ts";
import { Agenda } from "./agenda.ts";

/** When probes leave a port, in milliseconds after it came up. */
const FAST_PROBES_MS = [0, 150, 500] as const;

/** How many of a port's latest probes may still arrive. */
const RECENT_PROBES = 4;
/** The golden section: multiples of it are spread evenly over a circle. */
const GOLDEN = 0.6180339887;

/** When which port has something to do. */
export class ProbeAgenda {
  /** By `due`. */
  readonly probes = new Agenda<ProbedPort>((port) => port.due);
  /** By `decideAt`. */
  readonly decisions = new Agenda<ProbedPort>((port) => port.decideAt);
}

/** A switch whose ports are probed. */
export interface ProbedSwitch {
  readonly dpid: Dpid;
  /** It is connected and hands over the probes that it receives. */
  ready: boolean;
  /** It cannot hand over probes: all its ports count as edge ports. */
  unable: boolean;
  readonly ports: Map<PortNo, ProbedPort>;
  /** Shared by all switches. */
  readonly agenda: ProbeAgenda;
}

/** One direction of a link: probes that leave `from` arrive at `to`. */
export interface Direction {
  readonly from: ProbedPort;
  readonly to: ProbedPort;
  /** Steady probes in a row that did not arrive. */
  missed: number;
  /** When the first of them left. */
  silentSince: number;
  /** Restored from the previous process; no probe has arrived yet. */
  believed: boolean;
}

/** A port with its probe schedule. */
export class ProbedPort {
  readonly owner: ProbedSwitch;
  readonly no: PortNo;
  up = false;
  /** No probes leave by it: a host is named there, or a policy uses it as a tunnel. */
  silent = false;
  /** A file or a REST client has named a host there. */
  isNamed = false;
  /** No probe was heard: no switch is behind it. */
  isEdge = false;
  /** Proven by probes since it came up, with its switch ready all the while, and not only restored. */
  isProvenEdge = false;
  /** The ports whose probes arrive here. */
  readonly hears = new Map<ProbedPort, Direction>();
  /** The ports where its probes arrive. */
  readonly heardAt = new Map<ProbedPort, Direction>();
  /** Number of times that fast probing has begun. */
  run = 0;
  /** When fast probing last began. */
  runSince = -Infinity;
  sent = 0;
  lastSent = -Infinity;
  /** When the last of the fast probes left. */
  askedAt = -Infinity;
  #due = Infinity;
  #decideAt = Infinity;
  /** Index of the next fast probe. */
  #fast: number = FAST_PROBES_MS.length;
  #recent: readonly { readonly sequence: number; readonly at: number }[] = [];

  constructor(owner: ProbedSwitch, no: PortNo) {
    this.owner = owner;
    this.no = no;
  }

  get dpid(): Dpid {
    return this.owner.dpid;
  }

  /** When the next probe leaves; Infinity: none. */
  get due(): number {
    return this.#due;
  }

  set due(time: number) {
    this.#due = time;
    this.owner.agenda.probes.add(this);
  }

  /** When silence makes the port an edge; Infinity: not being watched. */
  get decideAt(): number {
    return this.#decideAt;
  }

  set decideAt(time: number) {
    this.#decideAt = time;
    this.owner.agenda.decisions.add(this);
  }

  get mayProbe(): boolean {
    return this.up && !this.silent && this.owner.ready;
  }

  get isSteady(): boolean {
    return this.#fast >= FAST_PROBES_MS.length;
  }

  /** Ports that it hears or that hear it; the port itself for a loopback plug. */
  get neighbours(): ReadonlySet<ProbedPort> {
    return new Set([...this.hears.keys(), ...this.heardAt.keys()]);
  }

  /** It is not known any longer what the port leads to. */
  forgetEdge(): void {
    this.isEdge = false;
    this.isProvenEdge = false;
  }

  /** Restarts with fast probes. */
  beginFast(now: number): void {
    this.run++;
    this.runSince = now;
    this.decideAt = Infinity;
    this.#fast = 0;
    this.due = this.mayProbe ? now : Infinity;
  }

  /** A probe was heard: probes again soon, to find the other direction. */
  hurry(now: number): void {
    if (!this.mayProbe) return;
    if (this.isSteady) this.#fast = 1;
    this.due = Math.min(this.due, now);
  }

  /** Stops probing until `beginFast`. */
  rest(): void {
    this.due = Infinity;
    this.decideAt = Infinity;
  }

  /**
   * Records that a probe has left, and schedules the next one. True for the last fast probe: what
   * follows is silence, or a probe heard somewhere.
   */
  noteSent(sequence: number, now: number, intervalMs: number): boolean {
    this.sent++;
    this.lastSent = now;
    this.#recent = [...this.#recent.slice(1 - RECENT_PROBES), { sequence, at: now }];
    if (this.isSteady) {
      this.due = now + intervalMs;
      return false;
    }
    const since = FAST_PROBES_MS[this.#fast] ?? 0;
    this.#fast++;
    const next = FAST_PROBES_MS[this.#fast];
    if (next !== undefined) {
      this.due = now + next - since;
      return false;
    }
    this.askedAt = now;
    // Spreads the steady probes of ports that came up together over the interval.
    const share = (sequence * GOLDEN) % 1;
    this.due = now + intervalMs * (0.25 + 0.75 * share);
    return true;
  }

  /** Whether it sent this probe within the last `maxAgeMs` milliseconds. */
  hasSent(sequence: number, now: number, maxAgeMs: number): boolean {
    return this.#recent.some((each) => each.sequence === sequence && now - each.at <= maxAgeMs);
  }
}
