// SPDX-License-Identifier: Apache-2.0
import type { FlowKey } from "../../flow-model/index.ts";
import { forEach, type Steps } from "../../lang/steps.ts";
import type { CancelTimer, Clock } from "../../runtime/clock.ts";
import type { SwitchSync } from "../apply/switch-sync.ts";
import { fitsLife } from "../model/entry-life.ts";

/** Interval at which lives are compared, in milliseconds: far less than half of the longest one. */
const REVIEW_EVERY_MS = 30_000;

/** Dependencies of `LifeReview`. */
interface LifeReviewDeps {
  readonly clock: Clock;
  readonly switches: ReadonlyMap<string, SwitchSync>;
  /** For how long an entry is needed, in milliseconds; undefined: for ever. */
  readonly neededMs: (dpid: string, key: FlowKey) => number | undefined;
  readonly markDirty: (dpid: string, key: FlowKey) => void;
  readonly inSteps: (work: () => Steps<void>) => void;
}

/**
 * Has entries sent again whose lives no longer fit: a long one is renewed while OpenVTAP lives, and every one
 * follows the wall clock when that is set.
 */
export class LifeReview {
  readonly #deps: LifeReviewDeps;
  #cancel: CancelTimer = () => undefined;

  constructor(deps: LifeReviewDeps) {
    this.#deps = deps;
    this.#schedule();
  }

  close(): void {
    this.#cancel();
  }

  #schedule(): void {
    const { clock, inSteps } = this.#deps;
    this.#cancel = clock.after(REVIEW_EVERY_MS, () => {
      inSteps(() => this.#reviewing());
      this.#schedule();
    });
  }

  *#reviewing(): Steps<void> {
    const { clock, switches, neededMs, markDirty } = this.#deps;
    for (const [dpid, { tracker }] of switches) {
      const now = clock.now();
      yield* forEach(tracker.installed, ([key, { life }]) => {
        if (life && !fitsLife(life, neededMs(dpid, key), now)) markDirty(dpid, key);
      });
    }
  }
}
