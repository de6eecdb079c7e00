// SPDX-License-Identifier: Apache-2.0

import type { Steps } from "../lang/steps.ts";
import { inLaterTurn, YieldTimer } from "./event-loop-yield.ts";

/** Which of the waiting operations is next. */
export type Lane =
  /** Before all others. */
  | "urgent"
  /** In the order in which they come. */
  | "ordinary"
  /** When nothing else waits; between two ordinary operations at the latest. */
  | "background";

/** Decides when others have a turn of the event loop. */
type Slice = Pick<YieldTimer, "shouldYield">;

type Operation = () => Steps<void>;

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
 * later turns, in which no other long work continues. An operation that yields a promise continues when
 * that is fulfilled; no other one begins meanwhile.
 *
 * Transitions: idle -> (add) running -> (no operation is left) idle; any -> (close) closed.
 */
export class StepQueue {
  readonly #waiting: Record<Lane, Operation[]> = { urgent: [], ordinary: [], background: [] };
  #current: Steps<void> | undefined;
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

  constructor(beginSlice: () => Slice = () => new YieldTimer()) {
    this.#beginSlice = beginSlice;
  }

  /** Adds an operation. A defect that it throws is thrown by `add`, or in a later turn. */
  add(lane: Lane, steps: () => Steps<void>): void {
    if (this.#enqueue(lane, steps)) this.#slice();
  }

  /** As `add`, from a turn that has done much already: the first slice has a later one. */
  addLater(lane: Lane, steps: () => Steps<void>): void {
    if (this.#enqueue(lane, steps)) inLaterTurn(() => this.#slice());
  }

  /**
   * Adds an ordinary operation; resolves to its result.
   *
   * @throws QueueClosedError when the queue is closed before the operation ends.
   */
  async run<T>(steps: () => Steps<T>): Promise<T> {
    if (this.#state === "closed") throw new QueueClosedError();
    let abandon: (error: QueueClosedError) => void = () => undefined;
    const result = new Promise<T>((resolve, reject) => {
      abandon = reject;
      this.#open.add(abandon);
      this.add("ordinary", function* () {
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
    return this.#waiting.urgent.length > 0;
  }

  /** Whether another operation waits that comes before those of the background. */
  get hasOthers(): boolean {
    return this.hasUrgent || this.#waiting.ordinary.length > 0;
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
    if (this.#state === "running") return false;
    this.#state = "running";
    return true;
  }

  #slice(): void {
    const slice = this.#sliceOfTurn();
    while (this.#state === "running" && !this.#isWaiting) {
      this.#current ??= this.#next()?.();
      if (this.#current === undefined) {
        this.#end("idle");
        return;
      }
      if (slice.shouldYield) {
        inLaterTurn(() => {
          this.#ofTurn = undefined;
          this.#slice();
        });
        return;
      }
      this.#step(this.#current);
    }
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
      inLaterTurn(() => this.#slice());
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

  #next(): Operation | undefined {
    const { urgent, ordinary, background } = this.#waiting;
    const first = urgent.shift();
    if (first !== undefined) return first;
    const lanes = this.#wasOrdinary ? [background, ordinary] : [ordinary, background];
    const lane = lanes.find(({ length }) => length > 0);
    this.#wasOrdinary = lane === ordinary;
    return lane?.shift();
  }

  #end(state: "idle" | "closed"): void {
    this.#state = state;
    const waiting = this.#idle;
    this.#idle = [];
    for (const resolve of waiting) resolve();
  }
}
