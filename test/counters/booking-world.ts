// SPDX-License-Identifier: Apache-2.0
import { type EntryRef, splitEntryRef } from "../../src/flow-model/index.ts";
import { complete } from "../../src/lang/steps.ts";
import { EDGES, TAPS, World } from "./world.ts";

/** How late a switch counts frames, in milliseconds. */
const LATE_MS = 500;
/** How long before a change no frames may come for it to count as quiet, in milliseconds. */
const QUIET_MS = 2_000;

interface Unbooked {
  readonly rule: number;
  readonly at: number;
  readonly packets: number;
  /** Of these, how many arrived; undefined: no copies were made. */
  readonly arrived: number | undefined;
}

/**
 * Switches that count as Open vSwitch does: half a second late, and for the entries that are there then. Taps
 * can be suspended: frames go on without being copied.
 */
export class BookingWorld {
  readonly world = new World();
  readonly #lastFrame = [0, 1, 2, 3].map(() => Number.NEGATIVE_INFINITY);
  readonly #policies = this.world.policies;
  #unbooked: Unbooked[] = [];
  #changes: { readonly at: number; readonly quiet: readonly boolean[] }[] = [];
  #isSuspended = false;

  constructor() {
    this.world.wasQuiet = (ref, at, from = at) => {
      const last = this.#changes.findLast((change) => change.at <= at + 1_000);
      if (last === undefined || last.at < from - 5_000) return false;
      const rule = this.world.sources.findIndex((source) => source.ref === ref);
      return last.quiet[rule] ?? false;
    };
    this.#change();
    this.world.flush();
  }

  /** Frames that a rule matches if it is there; so many of the copies get lost on the way. */
  frames(rule: number, packets: number, lost: number): void {
    const { world } = this;
    this.#lastFrame[rule] = world.now;
    const truth = world.truth[rule];
    if (!truth) return;
    const hasWay = world.sinkOf[rule] !== undefined;
    const arrived = packets - (hasWay ? Math.min(lost, packets) : 0);
    if (!this.#isSuspended) {
      truth.copied += packets;
      truth.delivered += arrived;
    }
    this.#unbooked.push({
      rule,
      at: world.now,
      packets,
      arrived: this.#isSuspended ? undefined : arrived,
    });
  }

  pass(ms: number): void {
    this.world.now += ms;
    this.#book(this.world.now - LATE_MS);
  }

  /** Reads one of the two switches. */
  read(index: number): void {
    this.world.poll(index === 0 ? TAPS : EDGES);
  }

  suspend(): void {
    if (this.#isSuspended) return;
    const { world } = this;
    this.#isSuspended = true;
    this.#change();
    world.policies = { p0: [], p1: [], p2: [] };
    world.plan();
    for (const entry of [...world.sources, ...world.sinks]) {
      world.now += 1;
      const { dpid } = splitEntryRef(entry.ref as EntryRef);
      world.remove(dpid, entry);
    }
    // What is not booked yet is booked for the entries that forward without copies.
    this.#unbooked = this.#unbooked.filter(({ arrived }) => arrived === undefined);
  }

  resume(): void {
    if (!this.#isSuspended) return;
    const { world } = this;
    this.#isSuspended = false;
    this.#change();
    world.policies = this.#policies;
    world.plan();
    for (const entry of [...world.sinks, ...world.sources]) world.install(entry);
    // The next booking is at once.
    this.#book(world.now);
  }

  /** The controller is killed and started again. */
  kill(): void {
    this.world.restartController();
  }

  /** The tap points' switch loses power. */
  restart(): void {
    complete(this.world.ledger.disconnecting(TAPS));
    this.world.restartSwitch(TAPS);
    this.#unbooked = [];
    this.#change();
  }

  settle(): void {
    for (let turn = 0; turn < 4; turn++) {
      this.pass(3_000);
      for (const index of [0, 1]) this.read(index);
    }
    this.world.flush();
  }

  isExact(id: string): boolean {
    return this.world.isExact(id);
  }

  /** Entries are about to change: which rules had no frames just before? */
  #change(): void {
    const { now } = this.world;
    const quiet = this.#lastFrame.map((at) => now - at >= QUIET_MS);
    this.#changes.push({ at: now, quiet });
  }

  #book(until: number): void {
    const { world } = this;
    const due = this.#unbooked.filter(({ at }) => at <= until);
    this.#unbooked = this.#unbooked.filter(({ at }) => at > until);
    for (const { rule, packets, arrived } of due) {
      const source = world.sources[rule];
      const to = world.sinkOf[rule];
      const sink = to === undefined ? undefined : world.sinks[to];
      if (source?.isThere) source.packets += packets;
      if (sink?.isThere && source?.isThere) sink.packets += arrived ?? 0;
    }
  }
}
