// SPDX-License-Identifier: Apache-2.0
/** Live rates, while something shows them: the switches are read more often meanwhile. */
import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { RatesFrame } from "../../contract/observation/rates.ts";
import { EventFrameReader } from "../data/event-frames.ts";
import { send } from "../data/rest.ts";
import { may } from "../data/session-state.ts";
import { type Rates, ratesAfter } from "./model/rates.ts";

/** Undefined: not known, or the server has none. */
export const rates = signal<Rates | undefined>(undefined);

/** From a lost stream to the next attempt. */
const RETRY_MS = 5_000;

let watchers = 0;
let current: AbortController | undefined;

/** Keeps `rates` up to date while the component is shown and the tab is visible. */
export function useRates(): void {
  useEffect(() => {
    watchers++;
    follow();
    document.addEventListener("visibilitychange", follow);
    return () => {
      watchers--;
      document.removeEventListener("visibilitychange", follow);
      follow();
    };
  }, []);
}

function follow(): void {
  const isNeeded = watchers > 0 && !document.hidden && may("GET /api/v1/rates");
  if (isNeeded === (current !== undefined)) return;
  if (!isNeeded) {
    current?.abort();
    current = undefined;
    // What was known grows old unseen.
    rates.value = undefined;
    return;
  }
  current = new AbortController();
  void stream(current.signal);
}

async function stream(signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    try {
      await readStream(signal);
    } catch (error) {
      if (!signal.aborted) console.debug("rates", error);
    }
    if (signal.aborted) return;
    rates.value = undefined;
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}

async function readStream(signal: AbortSignal): Promise<void> {
  const headers = { accept: "text/event-stream" };
  const response = await send("GET", "/events?rates=1", { headers, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const frames = new EventFrameReader();
  for (;;) {
    const { done, value } = (await reader?.read()) ?? { done: true };
    if (done || value === undefined) return;
    for (const { type, data } of frames.read(value)) {
      if (type === "rates") rates.value = ratesAfter(rates.value, JSON.parse(data) as RatesFrame);
    }
  }
}
