// SPDX-License-Identifier: Apache-2.0
import { Fifo } from "../lang/fifo.ts";

/** Which of the long work that waits for a turn of the event loop continues first. */
export type TurnLane =
  /** What changes switches: a reroute, a switch that reconnects, a suspension. */
  | "urgent"
  /** What no switch waits for: answers, listings, metrics, dry runs. */
  | "ordinary";

/** Most urgent turns in a row while ordinary work waits: it has one turn in five at least. */
const MOST_URGENT_IN_ROW = 4;

/** Work that waits for its turn. */
interface Waiting {
  readonly callback: () => void;
  /** Undefined: its turn has come. */
  lane: TurnLane | undefined;
}

/** Work that has moved to the urgent lane is in both until it is passed over in the ordinary one. */
const lanes: Record<TurnLane, Fifo<Waiting>> = { urgent: new Fifo(), ordinary: new Fifo() };
const count: Record<TurnLane, number> = { urgent: 0, ordinary: 0 };
let urgentInRow = 0;

/**
 * Calls back in a later turn of the event loop, in which no other long work continues. In each turn the
 * first of a lane continues: urgent work waits for one ordinary turn at most, and for urgent work before
 * it; ordinary work is not starved.
 *
 * Returns a function that moves the work to the end of the urgent lane, as long as its turn has not come.
 */
export function inLaterTurn(callback: () => void, lane: TurnLane = "ordinary"): () => void {
  const waiting: Waiting = { callback, lane };
  if (count.urgent + count.ordinary === 0) setImmediate(continueNext);
  lanes[lane].push(waiting);
  count[lane]++;
  return () => {
    if (waiting.lane !== "ordinary") return;
    waiting.lane = "urgent";
    count.ordinary--;
    count.urgent++;
    lanes.urgent.push(waiting);
  };
}

function continueNext(): void {
  const isOrdinaryDue = count.urgent === 0 || urgentInRow >= MOST_URGENT_IN_ROW;
  const next = take(isOrdinaryDue && count.ordinary > 0 ? "ordinary" : "urgent");
  if (count.urgent + count.ordinary > 0) setImmediate(continueNext);
  next?.();
}

function take(lane: TurnLane): (() => void) | undefined {
  urgentInRow = lane === "urgent" ? urgentInRow + 1 : 0;
  let next = lanes[lane].shift();
  while (next !== undefined && next.lane !== lane) next = lanes[lane].shift();
  if (next === undefined) return undefined;
  next.lane = undefined;
  count[lane]--;
  return next.callback;
}
