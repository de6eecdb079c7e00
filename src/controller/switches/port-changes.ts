// SPDX-License-Identifier: Apache-2.0
import type { PortChange, Session } from "../../openflow-session/index.ts";

/** Maximum number of port changes applied in one turn of the event loop. */
const PER_TURN = 250;

/**
 * Applies the port changes that switches report, in order, and not too many in one turn: a switch with
 * ten thousand ports may report all of them at once, and what follows from a change of the network is
 * computed after each turn.
 */
export class PortChanges {
  readonly #apply: (session: Session, change: PortChange) => void;
  #waiting: { readonly session: Session; readonly change: PortChange }[] = [];
  #left = PER_TURN;
  #isScheduled = false;

  constructor(apply: (session: Session, change: PortChange) => void) {
    this.#apply = apply;
  }

  add(session: Session, change: PortChange): void {
    this.#waiting.push({ session, change });
    if (this.#left > 0) this.#turn();
  }

  /** Applies all that wait: the next event of a session must find its ports as reported. */
  flush(): void {
    const all = this.#waiting;
    this.#waiting = [];
    for (const { session, change } of all) this.#apply(session, change);
  }

  #turn(): void {
    const now = this.#waiting.splice(0, this.#left);
    this.#left -= now.length;
    for (const { session, change } of now) this.#apply(session, change);
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // After the network has been updated for this turn: that was scheduled before.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#left = PER_TURN;
      if (this.#waiting.length > 0) this.#turn();
    });
  }
}
