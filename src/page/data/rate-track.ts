// SPDX-License-Identifier: Apache-2.0
/** The rates of one policy or link in the last minutes, sample by sample. Null: not known. */
import type { RateHistoryView } from "../../contract/observation/rates.ts";

/** The samples of a subject; columns by the names that the server has for them, such as `copiedPps`. */
export interface RateTrack {
  /** Milliseconds since 1970, ascending. */
  readonly at: readonly number[];
  readonly columns: Readonly<Record<string, readonly (number | null)[]>>;
}

/** One sample. */
export type RateSample = Readonly<Record<string, number | null>>;

/** As far back as the server's history reaches. */
export const TRACK_MS = 600_000;

/** The server's history. */
export function trackOf({ stepMs: _, at, ...columns }: RateHistoryView): RateTrack {
  return { at: at.map((each) => Date.parse(each)), columns };
}

/** A track with one more sample; one that is not newer than the last is left out. */
export function withSample(
  track: RateTrack | undefined,
  at: number,
  sample: RateSample,
): RateTrack {
  const times = track?.at ?? [];
  if (at <= (times.at(-1) ?? Number.NEGATIVE_INFINITY)) return track ?? { at: [], columns: {} };
  const first = times.findIndex((each) => each > at - TRACK_MS);
  const kept = first < 0 ? [] : times.slice(first);
  const columns = Object.entries(sample).map(([name, value]) => {
    // A column that is new has not been known before.
    const known = track?.columns[name] ?? times.map(() => null);
    return [name, [...(first < 0 ? [] : known.slice(first)), value]] as const;
  });
  return { at: [...kept, at], columns: Object.fromEntries(columns) };
}

/** The history, and after it the samples that came while it was read. */
export function withHistory(live: RateTrack | undefined, history: RateTrack): RateTrack {
  const last = history.at.at(-1) ?? Number.NEGATIVE_INFINITY;
  let joined = history;
  for (const [index, at] of live?.at.entries() ?? []) {
    if (at <= last) continue;
    const sample = Object.entries(live?.columns ?? {}).map(
      ([name, values]) => [name, values[index] ?? null] as const,
    );
    joined = withSample(joined, at, Object.fromEntries(sample));
  }
  return joined;
}
