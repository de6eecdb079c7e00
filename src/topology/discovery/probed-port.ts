import type { Dpid, PortNo } from "../dpid.ts";

/** When probes leave a port that has come up, in milliseconds from then. */
export const FAST_PROBES_MS = [0, 150, 500] as const;

/** How many of a port's last probes may still come back. */
const RECENT_PROBES = 4;
/** The golden section: multiples of it are spread evenly over a circle. */
const GOLDEN = 0.6180339887;

/** A switch whose ports are probed. */
export interface ProbedSwitch {
  readonly dpid: Dpid;
  /** It is connected, and hands over the probes that come to it. */
  ready: boolean;
  /** It cannot take part: all its ports count as edge ports. */
  unable: boolean;
  readonly ports: Map<PortNo, ProbedPort>;
}

/** One way of a link: probes that leave `from` come in at `to`. */
export interface Direction {
  readonly from: ProbedPort;
  readonly to: ProbedPort;
  /** Steady probes in a row that did not come through. */
  missed: number;
  /** When the first of them left. */
  silentSince: number;
  /** Known from before this controller started; no probe has come through yet. */
  believed: boolean;
}

/** A port that probes leave by, and when. */
export class ProbedPort {
  readonly owner: ProbedSwitch;
  readonly no: PortNo;
  up = false;
  /** No probes leave by it: a host that somebody named is there. */
  silent = false;
  /** Probes went unanswered: no switch is behind it. */
  isEdge = false;
  /** They did since it came up, its switch being heard of all the while: not only believed. */
  isProvenEdge = false;
  /** Whose probes come in here. */
  readonly hears = new Map<ProbedPort, Direction>();
  /** Where its probes come in. */
  readonly heardAt = new Map<ProbedPort, Direction>();
  /** When the next probe leaves; Infinity: none does. */
  due = Infinity;
  /** When silence is taken for the answer. */
  decideAt = Infinity;
  /** Counts the times that fast probes were begun. */
  run = 0;
  /** When they were begun the last time. */
  runSince = -Infinity;
  sent = 0;
  lastSent = -Infinity;
  /** When the last of the fast probes left. */
  askedAt = -Infinity;
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

  get mayProbe(): boolean {
    return this.up && !this.silent && this.owner.ready;
  }

  get isSteady(): boolean {
    return this.#fast >= FAST_PROBES_MS.length;
  }

  /** Ports that it hears, or that hear it; itself for a plug that leads back. */
  get neighbours(): ReadonlySet<ProbedPort> {
    return new Set([...this.hears.keys(), ...this.heardAt.keys()]);
  }

  /** It may lead anywhere. */
  forgetEdge(): void {
    this.isEdge = false;
    this.isProvenEdge = false;
  }

  /** Begins anew with fast probes. */
  beginFast(now: number): void {
    this.run++;
    this.runSince = now;
    this.decideAt = Infinity;
    this.#fast = 0;
    this.due = this.mayProbe ? now : Infinity;
  }

  /** Something was heard: the other way should be known soon. */
  hurry(now: number): void {
    if (!this.mayProbe) return;
    if (this.isSteady) this.#fast = 1;
    this.due = Math.min(this.due, now);
  }

  /** No probes until `beginFast`. */
  rest(): void {
    this.due = Infinity;
    this.decideAt = Infinity;
  }

  /**
   * Notes that a probe has left, and when the next one is due. True for the last of the fast ones:
   * what follows is silence, or an answer.
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
    // Ports that came up together part here, so that steady probes are spread over time.
    const share = (sequence * GOLDEN) % 1;
    this.due = now + intervalMs * (0.25 + 0.75 * share);
    return true;
  }

  /** Whether it sent this probe not longer ago than that. */
  hasSent(sequence: number, now: number, maxAgeMs: number): boolean {
    return this.#recent.some((each) => each.sequence === sequence && now - each.at <= maxAgeMs);
  }
}
