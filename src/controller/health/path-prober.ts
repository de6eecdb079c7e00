// SPDX-License-Identifier: Apache-2.0
import { defined } from "../../lang/defined.ts";
import type { CopyWay } from "../../policy/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";
import type { PuntedFrame } from "../discovery/packet-ins.ts";
import { lossText, type TracePoint, tracePoints } from "./loss-trace.ts";
import type { PathProbeFrames } from "./path-probe-frames.ts";
import { TickBudget } from "./tick-budget.ts";
import {
  afterArrival,
  afterLoss,
  afterTrace,
  LOST_IN_A_ROW,
  NOT_PROBED,
  prevented,
  type WayHealth,
} from "./way-health.ts";

/** Dependencies and options of `PathProber`. */
export interface PathProberDeps {
  readonly clock: Clock;
  /** The wall clock, ISO 8601 in UTC. */
  readonly now: () => string;
  /** Interval between two probes of a way, in milliseconds. */
  readonly intervalMs: number;
  readonly frames: PathProbeFrames;
  /** Has a switch send or handle a frame; false if it cannot be sent now. */
  readonly send: (dpid: Dpid, frame: Uint8Array, how: TracePoint["send"]) => boolean;
  /** Why a way cannot be probed now, a sentence; undefined: it can. */
  readonly obstacle: (way: CopyWay) => string | undefined;
  readonly switchName: (dpid: Dpid) => string;
  /** The health of a way has changed in more than its figures. */
  readonly changed: (id: string, health: WayHealth) => void;
}

/** How long a probe is waited for, in milliseconds: control connections and busy switches take their time. */
const TIMEOUT_MS = 1_000;
/** Interval between two looks at what is due, in milliseconds. */
const TICK_MS = 50;
/** Interval at which it is examined whether a way can be probed again, in milliseconds. */
const OBSTACLE_MS = 500;

interface ProbedWay {
  readonly way: CopyWay;
  health: WayHealth;
  /** When its next probe is due, on the clock. */
  due: number;
  /** When its last probe was sent. */
  sentAt: number;
  /** Its probes that are on their way, those of a trace included. */
  open: number;
  /** The points of the present trace whose probes have arrived. */
  arrived: Set<TracePoint>;
  isTracing: boolean;
  readonly waiters: { readonly since: number; readonly done: () => void }[];
}

/** A probe on its way. */
interface OpenProbe {
  readonly of: ProbedWay;
  readonly sentAt: number;
  /** Undefined: it was sent along the whole way. */
  readonly point: TracePoint | undefined;
}

/**
 * Probes the ways of copies: sends a marked frame along each at intervals and on demand, and receives it from the
 * switch at its end. While the probes of a way are lost, others are sent from every switch on it, which shows
 * where. A lost probe is followed by another one at once.
 *
 * Policies share ways. Each switch sends and catches a few probes per tick, and few ways are examined that cannot
 * be probed: with very many ways the intervals become longer.
 */
export class PathProber {
  readonly #deps: PathProberDeps;
  /** By id; the ways that were examined last are at the end. */
  readonly #ways = new Map<string, ProbedWay>();
  /** Those that a client waits for: they come before the others. */
  readonly #demanded = new Set<ProbedWay>();
  /** By sequence number, oldest first. */
  readonly #open = new Map<number, OpenProbe>();
  #sequence = 0;
  #cancel: CancelTimer | undefined;
  #isStopped = false;
  #sent = 0;
  #lost = 0;
  #rejected = 0;

  constructor(deps: PathProberDeps) {
    this.#deps = deps;
  }

  /** Numbers since the start: probes sent along whole ways, those of them that were lost, and frames ignored. */
  get counts(): { readonly sent: number; readonly lost: number; readonly rejected: number } {
    return { sent: this.#sent, lost: this.#lost, rejected: this.#rejected };
  }

  /** Adds a way, or replaces the one of the same id. */
  add(way: CopyWay): void {
    this.remove(way.id);
    const { clock } = this.#deps;
    this.#ways.set(way.id, {
      ...{ way, health: NOT_PROBED, due: clock.now(), sentAt: -Infinity, open: 0 },
      ...{ arrived: new Set(), isTracing: false, waiters: [] },
    });
    this.#schedule();
  }

  remove(id: string): void {
    const gone = this.#ways.get(id);
    if (gone === undefined) return;
    this.#ways.delete(id);
    this.#demanded.delete(gone);
    for (const { done } of gone.waiters) done();
  }

  health(id: string): WayHealth {
    return this.#ways.get(id)?.health ?? NOT_PROBED;
  }

  /** Probes a way now; resolves when the result is known, and where probes are lost if they are. */
  probe(id: string): Promise<void> {
    const probed = this.#ways.get(id);
    if (probed === undefined || this.#isStopped) return Promise.resolve();
    const since = this.#deps.clock.now();
    probed.due = since;
    this.#demanded.add(probed);
    return new Promise((done) => probed.waiters.push({ since, done }));
  }

  /** A switch has caught a frame as a probe. */
  received({ dpid, port, bytes }: PuntedFrame): void {
    const reading = this.#deps.frames.read(bytes);
    const open = reading.type === "probe" ? this.#open.get(reading.sequence) : undefined;
    const end = open?.of.way.hops.at(-1);
    // At another place it did not arrive by its way.
    if (reading.type !== "probe" || !open || end?.dpid !== dpid || end.inPort !== port) {
      this.#rejected++;
      return;
    }
    this.#open.delete(reading.sequence);
    const { of, sentAt, point } = open;
    of.open--;
    if (point !== undefined) of.arrived.add(point);
    else {
      const { clock, now } = this.#deps;
      this.#become(of, afterArrival(Math.max(0, clock.now() - sentAt), now()));
    }
    this.#settle(of);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    for (const id of [...this.#ways.keys()]) this.remove(id);
  }

  #tick(): void {
    const now = this.#deps.clock.now();
    this.#expire(now);
    const budget = new TickBudget();
    for (const probed of this.#inTurn()) {
      if (budget.isSpent) break;
      // One after the other: the result of a probe decides what follows.
      if (probed.due <= now && probed.open === 0) this.#probeDue(probed, now, budget);
    }
    this.#schedule();
  }

  *#inTurn(): Generator<ProbedWay> {
    yield* this.#demanded;
    yield* this.#ways.values();
  }

  /** Finds the probes that have not arrived in time. */
  #expire(now: number): void {
    for (const [sequence, { of, sentAt, point }] of this.#open) {
      if (sentAt + TIMEOUT_MS > now) break;
      this.#open.delete(sequence);
      of.open--;
      if (point === undefined) this.#probeLost(of, now);
      this.#settle(of);
    }
  }

  #probeLost(probed: ProbedWay, now: number): void {
    if (this.#ways.get(probed.way.id) !== probed) return;
    this.#lost++;
    const { from, hops, length } = probed.way;
    const { switchName } = this.#deps;
    const ofLength = length === undefined ? "" : `of ${length} bytes `;
    const way = `${ofLength}from ${switchName(from)} to ${switchName(hops.at(-1)?.dpid ?? from)}`;
    this.#become(probed, afterLoss(probed.health, way, this.#deps.now()));
    // The next one shows whether it was an accident, or where probes are lost.
    if (probed.health.lost <= LOST_IN_A_ROW) probed.due = now;
  }

  #probeDue(probed: ProbedWay, now: number, budget: TickBudget): void {
    const { way } = probed;
    const { obstacle, intervalMs } = this.#deps;
    // First: it costs little, and looking for an obstacle asks for every rule on the way.
    if (!budget.hasRoom(way)) return;
    const because = obstacle(way);
    if (because !== undefined) {
      budget.takeObstacle();
      this.#toEnd(probed);
      probed.due = now + Math.min(OBSTACLE_MS, intervalMs);
      this.#become(probed, prevented(probed.health, because));
      probed.sentAt = now;
      this.#settle(probed);
      return;
    }
    budget.take(way);
    const { out: leaves, tunnel } = way;
    if (!this.#send(probed, { at: way.from, how: { leaves, ...defined({ tunnel }) } }, now)) return;
    this.#sent++;
    probed.sentAt = now;
    probed.due = now + intervalMs;
    this.#toEnd(probed);
    // What is lost in a tunnel is lost between its ends.
    const isTraced = probed.health.state === "failing" && !probed.isTracing && !tunnel;
    if (isTraced && budget.takeTrace()) this.#trace(probed, now);
  }

  /** Those that wait for their turn come first. */
  #toEnd(probed: ProbedWay): void {
    this.#demanded.delete(probed);
    this.#ways.delete(probed.way.id);
    this.#ways.set(probed.way.id, probed);
  }

  #trace(probed: ProbedWay, now: number): void {
    probed.isTracing = true;
    probed.arrived = new Set();
    for (const point of tracePoints(probed.way)) {
      this.#send(probed, { at: point.dpid, how: point.send, point }, now);
    }
  }

  #send(
    probed: ProbedWay,
    { at, how, point }: { at: Dpid; how: TracePoint["send"]; point?: TracePoint },
    now: number,
  ): boolean {
    const { frames, send } = this.#deps;
    const { header, length } = probed.way;
    const sequence = this.#sequence;
    if (!send(at, frames.frame(header, sequence, length), how)) return false;
    this.#sequence = (sequence + 1) % 2 ** 32;
    this.#open.set(sequence, { of: probed, sentAt: now, point });
    probed.open++;
    return true;
  }

  /** Ends a trace and the waits for a way when all of its probes have arrived or are lost. */
  #settle(probed: ProbedWay): void {
    if (probed.open > 0) return;
    const { health, way } = probed;
    if (probed.isTracing) {
      probed.isTracing = false;
      const because = lossText(way, probed.arrived, this.#deps.switchName);
      this.#become(probed, afterTrace(health, because));
    } else if (isUndecided(probed)) return;
    const { sentAt, waiters } = probed;
    const waiting = waiters.splice(0);
    for (const waiter of waiting) {
      if (waiter.since <= sentAt) waiter.done();
      else waiters.push(waiter);
    }
  }

  #become(probed: ProbedWay, health: WayHealth): void {
    const before = probed.health;
    probed.health = health;
    if (this.#ways.get(probed.way.id) !== probed) return;
    if (before.state === health.state && before.because === health.because) return;
    this.#deps.changed(probed.way.id, health);
  }

  #schedule(): void {
    const isIdle = this.#ways.size === 0 && this.#open.size === 0;
    if (this.#isStopped || isIdle || this.#cancel !== undefined) return;
    this.#cancel = this.#deps.clock.after(TICK_MS, () => {
      this.#cancel = undefined;
      this.#tick();
    });
  }
}

/** Whether another probe follows at once: after a loss, until it is known where probes are lost. */
function isUndecided({ health }: ProbedWay): boolean {
  return health.lost > 0 && health.lost <= LOST_IN_A_ROW;
}
