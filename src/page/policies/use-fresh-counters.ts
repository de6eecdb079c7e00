// SPDX-License-Identifier: Apache-2.0
import { useEffect } from "preact/hooks";
import { readNow } from "../data/live.ts";
import { isLive, policies } from "../data/store.ts";

const INTERVAL_MS = 5000;

/** Counters come with the list. A longer one is read less often: it is up to half a kilobyte for each policy. */
const MOST_AT_ONCE = 1000;

/** Reads the counters of all policies while a table of them is shown, and the tab is in view. */
export function useFreshCounters(): void {
  useEffect(() => {
    let round = 0;
    const timer = setInterval(() => {
      const pages = Math.max(1, Math.ceil((policies.value?.size ?? 0) / MOST_AT_ONCE));
      if (document.hidden || !isLive.value || round++ % pages !== 0) return;
      void readNow("policies");
    }, INTERVAL_MS);
    return () => clearInterval(timer);
  }, []);
}
