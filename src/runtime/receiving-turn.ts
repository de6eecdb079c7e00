// SPDX-License-Identifier: Apache-2.0
import { Fifo } from "../lang/fifo.ts";
import { YieldTimer } from "./event-loop-yield.ts";
import { inLaterTurn } from "./later-turns.ts";
import { perTurn } from "./per-turn.ts";

/**
 * How long what all peers have sent is handled in one turn of the event loop, in milliseconds. Otherwise
 * a turn reads up to two megabytes of each: twenty thousand frames. One read of 64 KiB alone holds hundreds.
 */
const RECEIVE_MS = 5;

/** Connections with received messages that no turn has had time for, in the order in which they came. */
const waiting = new Fifo<(turn: YieldTimer) => void>();
let isDue = false;

/** The time since the first bytes of this turn were received. */
export const receivingTurn = perTurn(() => new YieldTimer(RECEIVE_MS));

/**
 * Handles what a connection has received in a later turn, which it shares with all others that wait: most of them
 * have little. A connection that the turn has no time for calls this again.
 */
export function receiveInLaterTurn(handle: (turn: YieldTimer) => void): void {
  waiting.push(handle);
  schedule();
}

function schedule(): void {
  if (isDue) return;
  isDue = true;
  inLaterTurn(receive, "urgent");
}

function receive(): void {
  isDue = false;
  const turn = new YieldTimer(RECEIVE_MS);
  for (
    let handle = waiting.shift();
    handle;
    handle = turn.shouldYield ? undefined : waiting.shift()
  )
    handle(turn);
  if (!waiting.isEmpty) schedule();
}
