// SPDX-License-Identifier: Apache-2.0
/** What the page asks the event stream for: it follows what is shown. */
import { computed, signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { may } from "./session-state.ts";

/** How many components show rates. */
const watchers = signal(0);

/** Whether the tab has been hidden for so long that nothing needs to be up to date. */
const isAway = signal(false);

/** From one screen to the next the stream stays as it is. */
const LINGER_MS = 5_000;

/** A tab that is hidden this long follows nothing. */
const AWAY_MS = 60_000;

/** The query of the stream; undefined: no stream is needed now. */
export const streamQuery = computed<string | undefined>(() => {
  if (isAway.value) return undefined;
  return watchers.value > 0 && may("GET /api/v1/rates") ? "?rates=1" : "";
});

/** Asks for live rates while the component is shown: the switches are read more often meanwhile. */
export function useRates(): void {
  useEffect(() => {
    watchers.value++;
    return () => {
      setTimeout(() => {
        watchers.value--;
      }, LINGER_MS);
    };
  }, []);
}

/** Notes from now on whether the tab is in view. */
export function followVisibility(): void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(timer);
    if (!document.hidden) isAway.value = false;
    else
      timer = setTimeout(() => {
        isAway.value = true;
      }, AWAY_MS);
  });
}
