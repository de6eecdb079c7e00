// SPDX-License-Identifier: Apache-2.0
import { Fifo } from "../lang/fifo.ts";
import { YieldTimer } from "./event-loop-yield.ts";
import { inLaterTurn, type TurnLane } from "./later-turns.ts";
import { perTurn } from "./per-turn.ts";

/**
 * How long what all peers have sent is handled in one turn of the event loop, in milliseconds. Otherwise
 * a turn reads up to two megabytes of each: twenty thousand frames. One read of 64 KiB alone holds hundreds.
 */
const RECEIVE_MS = 5;

/** The same of connections in the ordinary lane, in a turn in which the urgent lane receives, too. */
const RECEIVE_ORDINARY_MS = 2;

/** Handles what a connection has received, while the turn has time. */
type Handle = (turn: YieldTimer) => void;

/** What waits to be received in a lane. */
interface Waiting {
  /** Connections with received messages that no turn has had time for, in the order in which they came. */
  readonly connections: Fifo<Handle>;
  isDue: boolean;
}

const lanes: Readonly<Record<TurnLane, Waiting>> = {
  urgent: { connections: new Fifo(), isDue: false },
  ordinary: { connections: new Fifo(), isDue: false },
};

const turns: Readonly<Record<TurnLane, () => YieldTimer>> = {
  urgent: perTurn(() => new YieldTimer(RECEIVE_MS)),
  ordinary: perTurn(() => new YieldTimer(RECEIVE_ORDINARY_MS)),
};

/** The time since the first bytes of this turn were received in a lane. */
export function receivingTurn(lane: TurnLane): YieldTimer {
  return turns[lane]();
}

/**
 * Handles what a connection has received in a later turn, which it shares with all others of its lane that wait: most
 * of them have little. A connection that the turn has no time for calls this again.
 */
export function receiveInLaterTurn(handle: Handle, lane: TurnLane): void {
  lanes[lane].connections.push(handle);
  schedule(lane);
}

function schedule(lane: TurnLane): void {
  const waiting = lanes[lane];
  if (waiting.isDue) return;
  waiting.isDue = true;
  inLaterTurn(() => receive(lane), lane);
}

function receive(lane: TurnLane): void {
  const waiting = lanes[lane];
  const { connections } = waiting;
  waiting.isDue = false;
  const turn = new YieldTimer(RECEIVE_MS);
  for (
    let handle = connections.shift();
    handle;
    handle = turn.shouldYield ? undefined : connections.shift()
  )
    handle(turn);
  if (!connections.isEmpty) schedule(lane);
}
