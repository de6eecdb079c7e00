// SPDX-License-Identifier: Apache-2.0
/**
 * A process of its own that asks `GET /healthz` on one kept-alive connection, 5 ms after each answer.
 * It reports to its parent, on request, the longest time without an answer, the time within which 99 % of
 * the answers came, and the most processor time that the server's main thread used between a request and
 * its answer.
 *
 * Arguments: the URL of the server, its process id.
 */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { setPriority } from "node:os";
import { setTimeout as delay } from "node:timers/promises";

const POLL_EVERY_MS = 5;
const [url = "", pid = ""] = process.argv.slice(2);
const { hostname, port } = new URL(url);
const request = `GET /healthz HTTP/1.1\r\nHost: ${hostname}:${port}\r\n\r\n`;

/** How many answers came within so many milliseconds, rounded up. */
let answersByMs = [];
let longestMs = 0;
let longestCpuMs = 0;
let asked = performance.now();
let cpuAtRequest = 0;

/** Processor time of the server's main thread, in milliseconds (Linux). @see proc(5), schedstat */
function mainThreadMs() {
  try {
    const text = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "utf8");
    return Number(text.split(" ")[0]) / 1e6;
  } catch {
    return cpuAtRequest;
  }
}

/** Time for which the poll waits for a processor would count as the server's. Needs root. */
try {
  setPriority(-15);
} catch {
  // The figures are those of a loaded machine.
}

/** Connects as soon as the server listens. */
async function connected() {
  for (;;) {
    const socket = connect({ port: Number(port), host: hostname, noDelay: true });
    try {
      await once(socket, "connect");
      return socket;
    } catch (error) {
      if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ECONNREFUSED") throw error;
      await delay(POLL_EVERY_MS);
    }
  }
}

function ask() {
  cpuAtRequest = mainThreadMs();
  asked = performance.now();
  socket.write(request);
}

/** Answers that are waited for before the report: what was begun last may take the longest. */
let toCome = 0;

function answered() {
  const waitedMs = performance.now() - asked;
  longestMs = Math.max(longestMs, waitedMs);
  const ms = Math.ceil(waitedMs);
  answersByMs[ms] = (answersByMs[ms] ?? 0) + 1;
  longestCpuMs = Math.max(longestCpuMs, mainThreadMs() - cpuAtRequest);
  setTimeout(ask, POLL_EVERY_MS);
  if (toCome > 0 && --toCome === 0) reportAll();
}

/** To a parent that may have ended: then nothing reads it. */
function report(message) {
  process.send?.(message, undefined, undefined, () => undefined);
}

const socket = await connected();
ask();
socket.on("data", answered);
socket.once("error", (error) => report({ failed: error.message }));
socket.once("close", () => report({ failed: "the connection of the poll is closed" }));

/** The time within which a share of the answers came, in whole milliseconds. */
function percentile(share) {
  const total = answersByMs.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  return answersByMs.findIndex((count = 0) => {
    seen += count;
    return seen >= total * share;
  });
}

function reportAll() {
  report({ longestMs, p99Ms: percentile(0.99), longestCpuMs });
  answersByMs = [];
  longestMs = 0;
  longestCpuMs = 0;
}

process.on("message", (message) => {
  // The answer to the present question, and to one that is asked after all input.
  if (message === "take") toCome = 2;
});
process.once("disconnect", () => process.exit(0));
