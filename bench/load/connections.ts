// SPDX-License-Identifier: Apache-2.0
import { connect, type Socket } from "node:net";
import type { Tally } from "./tally.ts";

const STREAM = "GET /api/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";

/** What a stalled connection sends before it falls silent. */
const STALLED = [
  "GET /api/v1/policies HTTP/1.1\r\nHost:",
  'PUT /api/v1/policies/half HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{"id":"half",',
  STREAM,
] as const;

/** Pause before a connection that the server has ended is opened anew, in milliseconds. */
const AGAIN_MS = 1000;

/** Pause before a refused stream is asked for again, in milliseconds: the server's Retry-After. */
const RETRY_MS = 15_000;

/**
 * Keeps connections open that send half a header, half a body, or read nothing of an event stream, until
 * the signal. What the server answers before it closes one is counted.
 */
export function stall(url: string, count: number, tally: Tally, signal: AbortSignal): void {
  for (let n = 0; n < count; n++) {
    const text = STALLED[n % STALLED.length] ?? STREAM;
    keepOpen(url, signal, (socket) => {
      socket.write(text);
      if (text === STREAM) socket.pause();
      else socket.once("data", (bytes) => tally.add(statusIn(bytes)));
      return AGAIN_MS;
    });
  }
}

/** Asks for event streams and reads them until the signal; one that is refused is asked for again. */
export function readStreams(url: string, count: number, tally: Tally, signal: AbortSignal): void {
  for (let n = 0; n < count; n++) {
    keepOpen(url, signal, (socket) => {
      socket.write(STREAM);
      socket.once("data", (bytes) => {
        const status = statusIn(bytes);
        tally.add(status);
        if (status !== "200") socket.end();
        socket.resume();
      });
      return RETRY_MS;
    });
  }
}

/** Opens a connection until the signal; when it closes, again, after the pause that `use` returns. */
function keepOpen(url: string, signal: AbortSignal, use: (socket: Socket) => number): void {
  if (signal.aborted) return;
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  const end = () => socket.destroy();
  signal.addEventListener("abort", end, { once: true });
  socket.on("error", () => undefined);
  const pauseMs = use(socket);
  socket.once("close", () => {
    signal.removeEventListener("abort", end);
    if (!signal.aborted) setTimeout(() => keepOpen(url, signal, use), pauseMs).unref();
  });
}

function statusIn(bytes: Uint8Array): string | undefined {
  return /^HTTP\/1\.1 (\d+)/.exec(String(bytes))?.[1];
}
