// SPDX-License-Identifier: Apache-2.0
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { Dpid } from "../../topology/index.ts";

/**
 * How long ports of OpenVTAP's own that no policy needs stay, in milliseconds: an edit, or a host that is not known again
 * yet after a restart, does not remove what is needed right after.
 */
const LINGER_MS = 2_000;

/** The ports of OpenVTAP's own that a switch has, by name. */
interface OwnPorts {
  readonly present: ReadonlySet<string>;
  /** Those that policies need. */
  readonly requested: ReadonlySet<string>;
  /** It is not known what policies need. */
  readonly isAway: boolean;
}

/** Which ports of OpenVTAP's own stay although no policy needs them at present. */
export class Lingering {
  readonly #clock: Clock;
  readonly #over: () => void;
  /** Of each switch, by name: until when they stay. */
  readonly #until = new Map<Dpid, ReadonlyMap<string, number>>();
  #timer: CancelTimer | undefined;

  /** `over`: some need not stay any longer. */
  constructor(clock: Clock, over: () => void) {
    this.#clock = clock;
    this.#over = over;
  }

  /** The names of those that stay. */
  kept(dpid: Dpid, { present, requested, isAway }: OwnPorts): readonly string[] {
    const kept: string[] = [];
    const now = this.#clock.now();
    const known = this.#until.get(dpid);
    const left = new Map<string, number>();
    for (const name of present) {
      if (requested.has(name)) continue;
      // The time runs from the first look at which it is known what policies need.
      const until = (isAway ? undefined : known?.get(name)) ?? now + LINGER_MS;
      if (!isAway) left.set(name, until);
      if (until > now) kept.push(name);
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
