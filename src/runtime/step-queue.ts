// SPDX-License-Identifier: Apache-2.0

import { Fifo } from "../lang/fifo.ts";
import type { Steps } from "../lang/steps.ts";
import { YieldTimer } from "./event-loop-yield.ts";
import { inLaterTurn, type TurnLane } from "./later-turns.ts";

/** Which of the waiting operations is next. */
export type Lane =
  /** Before all others; whatever the queue does while one is under way or waits has urgent turns. */
  | "urgent"
  /** In the order in which they come. */
  | "ordinary"
  /** When nothing else waits; between two ordinary operations at the latest. */
  | "background";

/** Decides when others have a turn of the event loop. */
type Slice = Pick<YieldTimer, "shouldYield">;

type Operation = () => Steps<void>;

/** An operation under way. */
interface Current {
  readonly lane: Lane;
  readonly steps: Steps<void>;
}

/** The outcome of an operation that a closed queue does not end. */
export class QueueClosedError extends Error {
  override readonly name = "QueueClosedError";

  constructor() {
    super("vtap stops: what was asked for is not computed any more");
  }
}

/**
 * Runs long operations one at a time, each to its end, in slices between turns of the event loop. The
 * first slice runs at once: what is short is done when `add` returns, unless something else is under
 * way. However many operations are added in one turn, they share its slice: the rest of them follows in
 * later turns, in which no other long work continues: urgent ones (`TurnLane`) while an urgent operation is
 * under way, or waits for the one that is. An operation that yields a promise continues when
 * that is fulfilled; no other one begins meanwhile.
 *
 * Transitions: idle -> (add) running -> (no operation is left) idle; any -> (close) closed.
 */
export class StepQueue {
  readonly #waiting: Record<Lane, Fifo<Operation>> = {
    urgent: new Fifo(),
    ordinary: new Fifo(),
    background: new Fifo(),
  };
  #current: Current | undefined;
  /** Moves the turn that the queue waits for to the urgent lane. */
  #hurry: () => void = () => undefined;
  /** The operation that is under way waits for a promise. */
  #isWaiting = false;
  /** The last operation was an ordinary one: an operation of the background may be next. */
  #wasOrdinary = false;
  #state: "idle" | "running" | "closed" = "idle";
  #idle: (() => void)[] = [];
  /** Reject the results of operations that have not ended. */
  readonly #open = new Set<(error: QueueClosedError) => void>();
  readonly #beginSlice: () => Slice;
  /** The slice of this turn of the event loop, once something has run in it. */
  #ofTurn: Slice | undefined;

  constructor(beginSlice: () => Slice = () => YieldTimer.whole()) {
    this.#beginSlice = beginSlice;
  }

  /** Adds an operation. A defect that it throws is thrown by `add`, or in a later turn. */
  add(lane: Lane, steps: () => Steps<void>): void {
    if (this.#enqueue(lane, steps)) this.#slice();
  }

  /** As `add`, from a turn that has done much already: the first slice has a later one. */
  addLater(lane: Lane, steps: () => Steps<void>): void {
    if (this.#enqueue(lane, steps)) this.#sliceLater();
  }

  /**
   * Adds an operation; resolves to its result.
   *
   * @throws QueueClosedError when the queue is closed before the operation ends.
   */
  async run<T>(steps: () => Steps<T>, lane: Lane = "ordinary"): Promise<T> {
    if (this.#state === "closed") throw new QueueClosedError();
    let abandon: (error: QueueClosedError) => void = () => undefined;
    const result = new Promise<T>((resolve, reject) => {
      abandon = reject;
      this.#open.add(abandon);
      this.add(lane, function* () {
        try {
          resolve(yield* steps());
        } catch (error) {
          reject(error);
        }
      });
    });
    return result.finally(() => this.#open.delete(abandon));
  }

  /** Whether an urgent operation waits. */
  get hasUrgent(): boolean {
    return !this.#waiting.urgent.isEmpty;
  }

  /** Whether another operation waits that comes before those of the background. */
  get hasOthers(): boolean {
    return this.hasUrgent || !this.#waiting.ordinary.isEmpty;
  }

  /** Resolves when no operation is left, or the queue is closed. */
  idle(): Promise<void> {
    if (this.#state !== "running") return Promise.resolve();
    return new Promise((resolve) => this.#idle.push(resolve));
  }

  /** Ends what is under way where it is, and begins nothing any more. */
  close(): void {
    this.#end("closed");
    for (const reject of this.#open) reject(new QueueClosedError());
  }

  /** Whether the queue was idle: its first slice is due. */
  #enqueue(lane: Lane, steps: Operation): boolean {
    if (this.#state === "closed") return false;
    this.#waiting[lane].push(steps);
    if (this.#state === "running") {
      if (lane === "urgent") this.#hurry();
      return false;
    }
    this.#state = "running";
    return true;
  }

  #slice(): void {
    const slice = this.#sliceOfTurn();
    while (this.#state === "running" && !this.#isWaiting) {
      this.#current ??= this.#next();
      if (this.#current === undefined) {
        this.#end("idle");
        return;
      }
      if (slice.shouldYield) {
        this.#sliceLater();
        return;
      }
      this.#step(this.#current.steps);
    }
  }

  #sliceLater(): void {
    this.#hurry = inLaterTurn(() => {
      this.#ofTurn = undefined;
      this.#slice();
    }, this.#turnLane);
  }

  get #turnLane(): TurnLane {
    return this.hasUrgent || this.#current?.lane === "urgent" ? "urgent" : "ordinary";
  }

  #sliceOfTurn(): Slice {
    if (this.#ofTurn !== undefined) return this.#ofTurn;
    const slice = this.#beginSlice();
    this.#ofTurn = slice;
    setImmediate(() => {
      if (this.#ofTurn === slice) this.#ofTurn = undefined;
    });
    return slice;
  }

  #step(current: Steps<void>): void {
    try {
      const { done, value } = current.next();
      if (done) this.#current = undefined;
      else if (value !== undefined) this.#waitFor(value);
    } catch (error) {
      this.#current = undefined;
      this.#sliceLater();
      throw error;
    }
  }

  /** A rejection is a defect, and ends the process as an unhandled one. */
  #waitFor(event: Promise<unknown>): void {
    this.#isWaiting = true;
    void event.then(() => {
      this.#isWaiting = false;
      this.#slice();
    });
  }

  #next(): Current | undefined {
    const lane = this.#nextLane();
    const steps = this.#waiting[lane].shift()?.();
    this.#wasOrdinary = lane === "ordinary" || (lane === "urgent" && this.#wasOrdinary);
    return steps && { lane, steps };
  }

  #nextLane(): Lane {
    if (this.hasUrgent) return "urgent";
    const { ordinary, background } = this.#waiting;
    if (ordinary.isEmpty) return "background";
    return this.#wasOrdinary && !background.isEmpty ? "background" : "ordinary";
  }

  #end(state: "idle" | "closed"): void {
    this.#state = state;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
