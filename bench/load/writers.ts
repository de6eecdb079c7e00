// SPDX-License-Identifier: Apache-2.0
import { Agent, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import type { Tally } from "./tally.ts";

/** How many policies the writes change in turn. */
const POLICIES = 200;

/** The writes of a policy, again and again. */
const CYCLE = ["POST", "PUT", "PUT", "DELETE"] as const;

/** Kept-alive connections of the writers; a write for which none is free is late. */
const CONNECTIONS = 64;

/** Pause between two groups of writes, in milliseconds. */
const GROUP_MS = 10;

/** How long a request waits for switches, in milliseconds. */
const WAIT_MS = 20_000;

/** A policy between two hosts, to a monitor that is there or is not. */
function policy(id: string, n: number, monitor: string): object {
  return {
    id,
    sender: { mac: "fa:00:00:00:00:01" },
    receiver: { mac: "fa:00:00:00:00:02" },
    monitors: [{ mac: monitor }],
    filters: { tcp_dst: n },
  };
}

/** Writes policies at a rate until the signal; answers are counted by their status. */
export async function writeAtRate(
  url: string,
  perSecond: number,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const open = new Set<Promise<void>>();
  const began = performance.now();
  for (let next = 0; !signal.aborted; await delay(GROUP_MS)) {
    const due = ((performance.now() - began) / 1000) * perSecond;
    for (; next < due && open.size < CONNECTIONS; next++) {
      const n = next % POLICIES;
      const method = CYCLE[Math.floor(next / POLICIES) % CYCLE.length] ?? "PUT";
      const id = `load${n}`;
      const body = policy(id, n + 1, "fa:00:00:00:00:03");
      const path = method === "POST" ? "/api/v1/policies" : `/api/v1/policies/${id}`;
      const write = method === "DELETE" ? { method, path } : { method, path, body };
      const answered = send(url, agent, write).then((status) => {
        tally.add(status);
        open.delete(answered);
      });
      open.add(answered);
    }
  }
  await Promise.all(open);
  agent.destroy();
}

/** Keeps requests open that wait for a monitor that never comes, until the signal. */
export async function waitForSwitches(
  url: string,
  count: number,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const agent = new Agent({ keepAlive: true });
  signal.addEventListener("abort", () => agent.destroy());
  const waiter = async (n: number) => {
    const path = `/api/v1/policies/wait${n}?wait=${WAIT_MS}`;
    const body = policy(`wait${n}`, n + 1, "fa:00:00:00:00:99");
    while (!signal.aborted) {
      const status = await send(url, agent, { method: "PUT", path, body });
      if (!signal.aborted) tally.add(status);
      if (status === undefined || status >= 500) await delay(1000);
    }
  };
  await Promise.all(Array.from({ length: count }, (_, n) => waiter(n)));
}

/** Deletes what the waiting requests have written. */
export async function removeWaiting(url: string, count: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const ids = [
    ...Array.from({ length: count }, (_, n) => `wait${n}`),
    ...Array.from({ length: POLICIES }, (_, n) => `load${n}`),
  ];
  const deletes = ids.map((id) =>
    send(url, agent, { method: "DELETE", path: `/api/v1/policies/${id}` }),
  );
  await Promise.all(deletes);
  agent.destroy();
}

interface Sending {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
}

/** Resolves to the status; undefined when the connection ends first. */
function send(url: string, agent: Agent, sending: Sending): Promise<number | undefined> {
  const { method, path, body } = sending;
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers =
    text === undefined
      ? {}
      : { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
  return new Promise((resolve) => {
    const sent = request(url + path, { method, agent, headers }, (response) => {
      response.resume();
      response.once("end", () => resolve(response.statusCode));
      response.once("error", () => resolve(undefined));
    });
    sent.once("error", () => resolve(undefined));
    sent.end(text);
  });
}
