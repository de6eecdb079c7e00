// SPDX-License-Identifier: Apache-2.0
import { effect } from "@preact/signals";
import type { RatesFrame } from "../../contract/observation/rates.ts";
import type { StatusView } from "../../contract/status.ts";
import { toast } from "../app/toasts.ts";
import { EventFrameReader } from "./event-frames.ts";
import { type LiveEvent, type Part, reduceEvents } from "./live-state.ts";
import { ratesAfter } from "./rates.ts";
import { READERS } from "./read-parts.ts";
import { isMissing, problemFrom, send } from "./rest.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { readSession } from "./session.ts";
import { may, mustLogIn, session } from "./session-state.ts";
import { connection, keepEvents, live, rates } from "./store.ts";
import { followVisibility, streamQuery } from "./stream-query.ts";

/** A stream is silent for 15 s at most: the server sends heartbeats. */
const SILENCE_MS = 40_000;

/** How often parts that events do not fully describe are read, at most. */
const REREAD_MS = 1000;

/** Who may read a part. */
const OPERATIONS: Readonly<Record<Part, string>> = {
  status: "GET /api/v1/status",
  switches: "GET /api/v1/switches",
  hosts: "GET /api/v1/hosts",
  links: "GET /api/v1/links",
};

let lastEventId: string | undefined;
let retryNow: () => void = () => undefined;
/** Aborts the reads and the stream of the present connection. */
let attempt = new AbortController();

/** Keeps the store up to date from now on: reads everything, then follows the events; reconnects by itself. */
export function startLive(): void {
  followVisibility();
  void follow();
}

/** Ends the wait for the next attempt to connect. */
export function reconnectNow(): void {
  retryNow();
}

async function follow(): Promise<never> {
  for (let failures = 0; ; ) {
    attempt = new AbortController();
    try {
      await readSession();
      // There is a user, or no authentication.
      await until(() => session.value !== undefined && !mustLogIn.value);
      await followStreams(() => {
        failures = 0;
        connection.value = { state: "live" };
      });
    } catch (error) {
      if (problemFrom(error).kind === "defect") console.error(error);
    }
    attempt.abort();
    if (mustLogIn.value) continue;
    const delayMs = retryDelayMs(failures++, Math.random());
    const now = Date.now();
    const since = connection.value.state === "lost" ? connection.value.since : now;
    connection.value = { state: "lost", since, retryAt: now + delayMs };
    await new Promise<void>((resume) => {
      const timer = setTimeout(resume, delayMs);
      retryNow = () => {
        clearTimeout(timer);
        resume();
      };
    });
  }
}

/** Resolves when a condition on signals holds. */
function until(holds: () => boolean): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (!holds()) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/**
 * Follows the events until the connection is lost. When something else is to be followed, one stream ends and
 * the next begins after the last event, so that none is lost and none comes twice.
 */
async function followStreams(connected: () => void): Promise<void> {
  let isRead = false;
  let failure: unknown;
  const begin = () => {
    // The server keeps what a returning page has missed; without a last event nothing is known.
    if (isRead && lastEventId !== undefined) return;
    isRead = true;
    reading = (lastEventId === undefined ? readAll() : read("status")).then(connected, (error) => {
      failure = error;
      attempt.abort();
    });
  };
  for (;;) {
    await until(() => streamQuery.value !== undefined);
    const query = streamQuery.peek();
    const change = new AbortController();
    const stop = streamQuery.subscribe((next) => {
      if (next !== query) change.abort();
    });
    try {
      await stream(query ?? "", AbortSignal.any([attempt.signal, change.signal]), begin);
    } catch (error) {
      if (!change.signal.aborted) throw failure ?? error;
    } finally {
      stop();
      // What was known grows old unseen.
      rates.value = undefined;
    }
    if (failure !== undefined) throw failure;
    if (!change.signal.aborted) return;
  }
}

/** One stream, until it ends. `begin` is called when it is open: what happens from then on comes as events. */
async function stream(query: string, signal: AbortSignal, begin: () => void): Promise<void> {
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const response = await send("GET", `/events${query}`, { headers, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  begin();
  const frames = new EventFrameReader();
  for (;;) {
    const timer = setTimeout(() => attempt.abort(), SILENCE_MS);
    const { done, value } = await reader
      .read()
      // The connection is gone: as if the stream had ended.
      .catch(() => ({ done: true, value: undefined }) as const)
      .finally(() => clearTimeout(timer));
    if (done) return;
    for (const { id, type, data } of frames.read(value)) {
      lastEventId = id ?? lastEventId;
      if (data === "") continue;
      if (type === "rates") rates.value = ratesAfter(rates.value, JSON.parse(data) as RatesFrame);
      else receive(JSON.parse(data) as LiveEvent);
    }
  }
}

let waiting: LiveEvent[] = [];
/** The reads after a connection: events wait for them, and are applied to what was read. */
let reading: Promise<void> = Promise.resolve();

/** Applies events together, once for each frame that the browser paints. */
function receive(event: LiveEvent): void {
  waiting.push(event);
  if (waiting.length > 1) return;
  // A hidden tab paints no frames.
  if (document.hidden) setTimeout(() => void applyWaiting(), 250);
  else requestAnimationFrame(() => void applyWaiting());
}

async function applyWaiting(): Promise<void> {
  await reading;
  const events = waiting;
  waiting = [];
  const { state, stale } = reduceEvents(live.value, events);
  live.value = state;
  keepEvents(events);
  for (const part of stale) readSoon(part);
}

const due = new Map<Part, ReturnType<typeof setTimeout>>();

/** Reads a part again; a failure leaves it as it is. */
export async function readNow(part: Part): Promise<void> {
  await read(part).catch(() => undefined);
}

/** Reads a part again, at most once in a while. */
export function readSoon(part: Part): void {
  if (due.has(part)) return;
  const timer = setTimeout(() => {
    due.delete(part);
    void readNow(part);
  }, REREAD_MS);
  due.set(part, timer);
}

async function readAll(): Promise<void> {
  await Promise.all((Object.keys(READERS) as Part[]).map((part) => read(part)));
}

async function read<P extends Part>(part: P): Promise<void> {
  if (!may(OPERATIONS[part])) return;
  try {
    const value = await READERS[part](attempt.signal);
    if (part === "status") noteRestart(value as StatusView);
    live.value = { ...live.value, [part]: value };
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** A controller that has started anew, perhaps with another version, is worth a message. */
function noteRestart(now: StatusView): void {
  const before = live.value.status;
  if (!before || before.startedAt === now.startedAt) return;
  if (before.version !== now.version) {
    toast(`The controller now runs version ${now.version}.`, {
      action: { label: "Reload", run: () => location.reload() },
      forMs: 0,
    });
    return;
  }
  toast("The controller has restarted. Everything is read again.");
}
