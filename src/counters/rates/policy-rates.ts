// SPDX-License-Identifier: Apache-2.0
import type { PolicyId } from "../../policy/index.ts";
import type { PolicyAccount } from "../policy-account.ts";
import { MIN_WINDOW_MS, rateOf } from "./rate-meter.ts";
import { RateRow } from "./rate-row.ts";

/** Columns of a policy's rates: frames and bits per second, and lost copies per second. */
export const POLICY_COLUMNS = [
  "copiedPps",
  "copiedBps",
  "deliveredPps",
  "deliveredBps",
  "lostPps",
] as const;

/** Totals of a policy as of a time. */
interface Baseline {
  readonly at: number;
  readonly copied: { readonly packets: number; readonly bytes: number };
  readonly delivered: { readonly packets: number; readonly bytes: number };
  readonly lost: number;
}

interface Followed {
  readonly row: RateRow;
  baseline: Baseline | undefined;
}

/** When a sample is taken, and which readings it may use. */
export interface SampleTime {
  /** Number of the sample. */
  readonly sequence: number;
  /** Readings before this time, in milliseconds, are too old. */
  readonly since: number;
}

const ZEROS = POLICY_COLUMNS.map(() => 0);
const UNKNOWN = POLICY_COLUMNS.map(() => Number.NaN);

/**
 * The rates of policies: how much their totals increase between two readings of all switches concerned. They are
 * not known while a switch is not read, and while copies are left out of the totals because rules have changed.
 */
export class PolicyRates {
  readonly #followed = new Map<PolicyId, Followed>();

  /** Samples a policy. `readAt`: when a switch was last asked for its counters; undefined: it is not read. */
  sample(
    account: PolicyAccount,
    readAt: (dpid: string) => number | undefined,
    { sequence, since }: SampleTime,
  ): RateRow {
    const followed = this.#of(account.id);
    if (account.counted.size === 0) {
      // Nothing makes copies for it.
      followed.baseline = undefined;
      followed.row.set(ZEROS, sequence);
      return followed.row;
    }
    const at = account.isSettling ? undefined : oldest(account, readAt);
    if (at === undefined || at < account.attributedAt || at < since) {
      followed.baseline = undefined;
      followed.row.set(UNKNOWN, sequence);
      return followed.row;
    }
    const before = followed.baseline;
    if (before === undefined) {
      followed.baseline = baselineOf(account, at);
      followed.row.set(UNKNOWN, sequence);
    } else if (at - before.at >= MIN_WINDOW_MS) {
      const now = baselineOf(account, at);
      followed.baseline = now;
      followed.row.set(ratesBetween(before, now), sequence);
    }
    return followed.row;
  }

  row(id: PolicyId): RateRow | undefined {
    return this.#followed.get(id)?.row;
  }

  /** The policy is gone. */
  delete(id: PolicyId): void {
    this.#followed.delete(id);
  }

  /** The policies that have been sampled. */
  get ids(): Iterable<PolicyId> {
    return this.#followed.keys();
  }

  #of(id: PolicyId): Followed {
    const known = this.#followed.get(id);
    if (known) return known;
    const followed = { row: new RateRow(POLICY_COLUMNS.length), baseline: undefined };
    this.#followed.set(id, followed);
    return followed;
  }
}

function baselineOf({ total }: PolicyAccount, at: number): Baseline {
  return { at, ...total.snapshot() };
}

/** When all switches of a policy were asked at the latest; undefined: one is not read. */
function oldest(
  account: PolicyAccount,
  readAt: (dpid: string) => number | undefined,
): number | undefined {
  let found = Number.POSITIVE_INFINITY;
  for (const dpid of account.switches) {
    const at = readAt(dpid);
    if (at === undefined) return undefined;
    found = Math.min(found, at);
  }
  return found;
}

function ratesBetween(before: Baseline, now: Baseline): number[] {
  const elapsedMs = now.at - before.at;
  const [copied, delivered] = (["copied", "delivered"] as const).map((what) => {
    const { packets, bytes } = before[what];
    return rateOf(
      { packets: now[what].packets - packets, bytes: now[what].bytes - bytes },
      elapsedMs,
    );
  });
  const lost = ((now.lost - before.lost) * 1000) / elapsedMs;
  return [copied?.pps ?? 0, copied?.bps ?? 0, delivered?.pps ?? 0, delivered?.bps ?? 0, lost];
}
