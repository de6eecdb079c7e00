// SPDX-License-Identifier: Apache-2.0
import { YieldTimer } from "./event-loop-yield.ts";

/**
 * How long what all peers have sent is handled in one turn of the event loop, in milliseconds. Otherwise
 * a turn reads up to two megabytes of each: twenty thousand frames. One read of 64 KiB alone holds hundreds.
 */
export const RECEIVE_MS = 5;

let receiving: YieldTimer | undefined;

/** The time since the first bytes of this turn were received. */
export function receivingTurn(): YieldTimer {
  if (receiving) return receiving;
  setImmediate(() => {
    receiving = undefined;
  });
  receiving = new YieldTimer(RECEIVE_MS);
  return receiving;
}
