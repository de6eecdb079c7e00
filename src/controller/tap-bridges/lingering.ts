// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import { type Dpid, type PatchedPort, patchedByName, patchKey } from "../../topology/index.ts";

/**
 * How long patch ports that no policy needs stay, in milliseconds: an edit, or a host that is not known again yet after
 * a restart, does not remove what is needed right after.
 */
const LINGER_MS = 2_000;

/** The patch ports of a switch. */
interface PatchPorts {
  /** The names of those that it has. */
  readonly present: ReadonlySet<string>;
  /** Those that policies need, by their `patchKey`. */
  readonly requested: ReadonlyMap<string, unknown>;
  /** It is not known what policies need. */
  readonly isAway: boolean;
}

/** Which patch ports stay although no policy needs them at present. */
export class Lingering {
  readonly #clock: Clock;
  readonly #mark: string;
  readonly #over: () => void;
  /** Of each switch, by name: until when they stay. */
  readonly #until = new Map<Dpid, ReadonlyMap<string, number>>();
  #timer: CancelTimer | undefined;

  /** `mark`: in the names of the patch ports; `over`: some need not stay any longer. */
  constructor(clock: Clock, mark: string, over: () => void) {
    this.#clock = clock;
    this.#mark = mark;
    this.#over = over;
  }

  kept(dpid: Dpid, { present, requested, isAway }: PatchPorts): readonly PatchedPort[] {
    const kept: PatchedPort[] = [];
    const now = this.#clock.now();
    const known = this.#until.get(dpid);
    const left = new Map<string, number>();
    for (const name of present) {
      const patched = patchedByName(dpid, name, this.#mark);
      if (patched === undefined || requested.has(patchKey(patched))) continue;
      // The time runs from the first look at which it is known what policies need.
      const until = (isAway ? undefined : known?.get(name)) ?? now + LINGER_MS;
      if (!isAway) left.set(name, until);
      if (until > now) kept.push(patched);
    }
    if (left.size > 0) this.#until.set(dpid, left);
    else this.#until.delete(dpid);
    if (kept.length > 0 && !isAway) this.#schedule();
    return kept;
  }

  close(): void {
    this.#timer?.();
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = this.#clock.after(LINGER_MS, () => {
      this.#timer = undefined;
      this.#over();
    });
  }
}
