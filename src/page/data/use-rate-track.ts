// SPDX-License-Identifier: Apache-2.0
import { useEffect, useState } from "preact/hooks";
import type { RateHistoryView } from "../../contract/observation/rates.ts";
import { type RateSample, type RateTrack, trackOf, withHistory, withSample } from "./rate-track.ts";
import type { Rates } from "./rates.ts";
import { get } from "./rest.ts";
import { rates } from "./store.ts";
import { useRates } from "./stream-query.ts";

/** What rates are of: a policy by its id, or the direction of a link that leaves a port. */
export type RateSubject =
  | { readonly policy: string }
  | { readonly link: { readonly dpid: string; readonly port: number } };

interface TrackOptions {
  /** Whether the history before now is read, too. */
  readonly hasHistory?: boolean;
  /** From the time that the component appears until its history is read, in milliseconds. */
  readonly delayMs?: number;
}

const NO_POLICY: RateSample = {
  ...{ copiedPps: null, copiedBps: null, deliveredPps: null, deliveredBps: null, lostPps: null },
};
const NO_LINK: RateSample = { pps: null, bps: null, copiesPps: null, copiesBps: null };

/** The rates of a subject, followed while the component is shown; undefined until there is a sample. */
export function useRateTrack(
  subject: RateSubject,
  { hasHistory = true, delayMs = 0 }: TrackOptions = {},
): RateTrack | undefined {
  useRates();
  const [track, setTrack] = useState<RateTrack>();
  const current = rates.value;
  // A stream that begins anew has missed samples: the history has them.
  const isFlowing = current !== undefined;
  const path = historyPath(subject);
  useEffect(() => {
    if (!hasHistory || !isFlowing) return undefined;
    const abort = new AbortController();
    const read = () =>
      get<RateHistoryView>(path, abort.signal).then(
        (view) => setTrack((live) => withHistory(live, trackOf(view))),
        // Samples come without it, too.
        () => undefined,
      );
    const timer = setTimeout(() => void inTurn(read, abort.signal), delayMs);
    return () => {
      clearTimeout(timer);
      abort.abort();
    };
  }, [path, hasHistory, isFlowing]);
  useEffect(() => {
    if (!current?.at) return;
    const at = Date.parse(current.at);
    setTrack((before) => withSample(before, at, sampleOf(current, subject)));
  }, [current, path]);
  return track;
}

function historyPath(subject: RateSubject): string {
  if ("policy" in subject) return `/rates/history?policy=${encodeURIComponent(subject.policy)}`;
  return `/rates/history?link=${subject.link.dpid}:${subject.link.port}`;
}

function sampleOf({ policies, links }: Rates, subject: RateSubject): RateSample {
  if ("policy" in subject) return { ...(policies.get(subject.policy) ?? NO_POLICY) };
  const { dpid, port } = subject.link;
  return { ...(links.get(`${dpid}/${port}`) ?? NO_LINK) };
}

let last: Promise<unknown> = Promise.resolve();

/** Runs readings one after another: a table has one for each row in view, and none of them is urgent. */
function inTurn(read: () => Promise<void>, signal: AbortSignal): Promise<unknown> {
  last = last.then(() => (signal.aborted ? undefined : read()));
  return last;
}
