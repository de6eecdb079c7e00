// SPDX-License-Identifier: Apache-2.0
import { effect } from "@preact/signals";
import type { StatusView } from "../../contract/status.ts";
import { toast } from "../app/toasts.ts";
import { EventFrameReader } from "./event-frames.ts";
import { type LiveEvent, type LiveState, type Part, reduceEvents } from "./live-state.ts";
import { READERS } from "./read-parts.ts";
import { isMissing, problemFrom, send } from "./rest.ts";
import { retryDelayMs } from "./retry-delay.ts";
import { readSession } from "./session.ts";
import { may, mustLogIn, session } from "./session-state.ts";
import { connection, keepEvents, live } from "./store.ts";

/** A stream is silent for 15 s at most: the server sends heartbeats. */
const SILENCE_MS = 40_000;

/** How often parts that events do not fully describe are read, at most. */
const REREAD_MS = 1000;

/** Who may read a part. */
const OPERATIONS: Readonly<Record<Part, string>> = {
  status: "GET /api/v1/status",
  policies: "GET /api/v1/policies",
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
      await identified();
      await stream(() => {
        failures = 0;
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

/** Resolves when there is a user, or no authentication. */
function identified(): Promise<void> {
  return new Promise((resolve) => {
    const stop = effect(() => {
      if (session.value === undefined || mustLogIn.value) return;
      resolve();
      queueMicrotask(() => stop());
    });
  });
}

/** Follows the events until the stream ends. */
async function stream(connected: () => void): Promise<void> {
  const { signal } = attempt;
  const headers = {
    accept: "text/event-stream",
    ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
  };
  const response = await send("GET", "/events", { headers, signal });
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  // What happens from now on comes as events: nothing is missed between the two.
  if (lastEventId === undefined) await readAll();
  else await read("status");
  connected();
  connection.value = { state: "live" };
  const frames = new EventFrameReader();
  for (;;) {
    const timer = setTimeout(() => attempt.abort(), SILENCE_MS);
    const { done, value } = await reader
      .read()
      // The connection is gone: as if the stream had ended.
      .catch(() => ({ done: true, value: undefined }) as const)
      .finally(() => clearTimeout(timer));
    if (done) return;
    for (const { id, data } of frames.read(value)) {
      lastEventId = id ?? lastEventId;
      receive(JSON.parse(data) as LiveEvent);
    }
  }
}

let waiting: LiveEvent[] = [];

/** Applies events together, once for each frame that the browser paints. */
function receive(event: LiveEvent): void {
  waiting.push(event);
  if (waiting.length > 1) return;
  // A hidden tab paints no frames.
  if (document.hidden) setTimeout(applyWaiting, 250);
  else requestAnimationFrame(applyWaiting);
}

function applyWaiting(): void {
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
  const show = (value: LiveState[P]) => {
    live.value = { ...live.value, [part]: value };
  };
  try {
    const value = await READERS[part](attempt.signal, show);
    if (part === "status") noteRestart(value as StatusView);
    show(value);
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
