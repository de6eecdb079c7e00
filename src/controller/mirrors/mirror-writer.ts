// SPDX-License-Identifier: Apache-2.0
import type { Operation } from "../../ovsdb/index.ts";
import { type OvsdbSession, takeOver } from "../../ovsdb-session/index.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";

/** Longest time for a switch to take over its mirrors before that is a reason, in milliseconds. */
const TAKE_OVER_MS = 5_000;
/** Until a change is tried again that another client has come before, or whose outcome is not known. */
const RETRY_MS = 200;
/** Until a change is tried again that was refused; another one of the same switch is tried at once. */
const REFUSED_RETRY_MS = 10_000;

/** The mirrors of one switch as they are to be, and what leads there. */
export interface MirrorChange {
  readonly dpid: Dpid;
  readonly session: OvsdbSession;
  /** None: the rows are there, and the switch is waited for. */
  readonly operations: readonly Operation[];
  /** By label: the contents of all rows after that. */
  readonly contents: ReadonlyMap<string, string>;
  /** By label: the uuids of rows that are as they are to be. */
  readonly unchanged: ReadonlyMap<string, string>;
}

/** Why the mirrors of a switch are not as they are to be, as a clause. */
export interface WriteProblem {
  readonly what: string;
  readonly isError: boolean;
}

/** Writes mirrors, one change of a switch at a time, and knows which of them switches have taken over. */
export class MirrorWriter {
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #busy = new Set<Dpid>();
  readonly #confirmed = new Map<Dpid, ReadonlyMap<string, string>>();
  readonly #problems = new Map<Dpid, WriteProblem>();
  readonly #retries = new Map<Dpid, CancelTimer>();
  /** The operations that the database has refused, as text, while they wait to be tried again. */
  readonly #refused = new Map<Dpid, string>();

  /** `changed`: an outcome is known, or a change is to be tried again. */
  constructor(clock: Clock, changed: () => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  /** Whether a switch has taken over a mirror of this content. */
  isConfirmed(dpid: Dpid, label: string, content: string): boolean {
    return this.#confirmed.get(dpid)?.get(label) === content;
  }

  /** Whether exactly these mirrors have been taken over. */
  areConfirmed(dpid: Dpid, contents: ReadonlyMap<string, string>): boolean {
    return [...contents].every(([label, content]) => this.isConfirmed(dpid, label, content));
  }

  problemOf(dpid: Dpid): WriteProblem | undefined {
    return this.#problems.get(dpid);
  }

  /** Begins a change, unless one of the switch is under way or waits to be tried again: then `changed` follows. */
  write(change: MirrorChange): void {
    const { dpid, unchanged, operations } = change;
    const refused = this.#refused.get(dpid);
    if (refused !== undefined && refused !== JSON.stringify(operations)) this.#endRetry(dpid);
    if (this.#busy.has(dpid) || this.#retries.has(dpid)) return;
    this.#busy.add(dpid);
    const kept = [...(this.#confirmed.get(dpid) ?? [])].filter(([label]) => unchanged.has(label));
    this.#confirmed.set(dpid, new Map(kept));
    void this.#carryOut(change);
  }

  close(): void {
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
  }

  async #carryOut({ dpid, session, operations, contents }: MirrorChange): Promise<void> {
    const outcome = await takeOver(session, operations, TAKE_OVER_MS);
    this.#busy.delete(dpid);
    if (outcome.type === "takenOver") {
      this.#confirmed.set(dpid, contents);
      this.#problems.delete(dpid);
      this.#changed();
    } else if (outcome.type === "refused") {
      const { code, detail } = outcome.error;
      if (code === "timed out") this.#retry(dpid, RETRY_MS);
      else {
        this.#refused.set(dpid, JSON.stringify(operations));
        this.#fail(dpid, { what: `the database refuses it: ${detail}`, isError: true });
      }
    } else {
      const isWaiting = outcome.type === "committed";
      const what = isWaiting ? outcome.detail : `the database has not answered: ${outcome.detail}`;
      this.#problems.set(dpid, { what, isError: false });
      this.#retry(dpid, RETRY_MS);
    }
  }

  #fail(dpid: Dpid, problem: WriteProblem): void {
    this.#problems.set(dpid, problem);
    this.#retry(dpid, REFUSED_RETRY_MS);
    this.#changed();
  }

  #retry(dpid: Dpid, afterMs: number): void {
    const cancel = this.#clock.after(afterMs, () => {
      this.#endRetry(dpid);
      this.#changed();
    });
    this.#retries.set(dpid, cancel);
  }

  #endRetry(dpid: Dpid): void {
    this.#retries.get(dpid)?.();
    this.#retries.delete(dpid);
    this.#refused.delete(dpid);
  }
}
