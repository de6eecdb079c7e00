// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { digestOf, tokenOf } from "../src/access/token.ts";
import { BuiltVtap, freePort } from "./built-vtap.ts";
import { median, table } from "./report.ts";

const [ROUNDS, GETS, POSTS, TOKENS] = [30, 1000, 100, 1000];

/** Requests that are open at a time. */
const CLIENTS = 8;

/** A server under test, and its processor time per request in each round, in microseconds. */
interface Server {
  readonly vtap: BuiltVtap;
  readonly headers: Readonly<Record<string, string>>;
  readonly agent: Agent;
  readonly gets: number[];
  readonly posts: number[];
}

/**
 * What authentication costs: the processor time of `vtap serve` (its main thread, Linux) per `GET` and per `POST` of a policy, with an auth
 * file of 1,000 tokens and without one. The two servers take turns, so that both meet the same machine.
 *
 * Argument: rounds (30).
 */
export async function run(args: string[]): Promise<void> {
  const rounds = Number(args[0] ?? ROUNDS);
  const directory = await mkdtemp(join(tmpdir(), "openvtap-auth-"));
  const servers: Server[] = [];
  try {
    const token = tokenOf(randomBytes(32));
    const auth = join(directory, "auth.json");
    await writeFile(auth, JSON.stringify({ tokens: tokens(token) }));
    const open = await start(join(directory, "open"), [], {});
    servers.push(open);
    const authorization = `Bearer ${token}`;
    const closed = await start(join(directory, "closed"), ["--auth", auth], { authorization });
    servers.push(closed);
    // The first round warms up.
    for (let round = 0; round <= rounds; round++) {
      // Whichever is first, the other one is first in the next round.
      for (const server of round % 2 === 0 ? [open, closed] : [closed, open]) {
        const gets = await measured(server, GETS, () => send(server, "GET", "/policies/p0"));
        const posts = await measured(server, POSTS, (n) =>
          send(server, "POST", "/policies", policy(`p${round * POSTS + n}`)),
        );
        if (round === 0) continue;
        server.gets.push(gets);
        server.posts.push(posts);
      }
    }
    for (const [name, key] of [
      ["GET", "gets"],
      ["POST", "posts"],
    ] as const) {
      const [before, after] = [median(open[key]), median(closed[key])];
      table(
        [
          [`${name} without authentication, us of processor time`, before],
          [`${name} with authentication`, after],
          [`${name} ratio`, after / before],
        ],
        2,
      );
    }
  } finally {
    for (const { vtap, agent } of servers) {
      agent.destroy();
      await vtap.stop();
    }
    await rm(directory, { recursive: true, force: true });
  }
}

function tokens(last: string) {
  return Array.from({ length: TOKENS }, (_, n) => {
    const token = n === TOKENS - 1 ? last : tokenOf(randomBytes(32));
    return { id: `t${n}`, user: "bench", role: "admin", sha256: digestOf(token).toString("hex") };
  });
}

async function start(
  data: string,
  flags: readonly string[],
  headers: Readonly<Record<string, string>>,
): Promise<Server> {
  const directory = await mkdtemp(`${data}-`);
  await writeFile(join(directory, "topology.json"), JSON.stringify({ switches: [] }));
  await writeFile(join(directory, "policies.json"), JSON.stringify({ policies: [] }));
  const vtap = await BuiltVtap.start(directory, await freePort(), flags);
  const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });
  return { vtap, headers, agent, gets: [], posts: [] };
}

/** Sends many requests; returns the server's processor time for each, in microseconds. */
async function measured(
  { vtap }: Server,
  count: number,
  once: (n: number) => Promise<void>,
): Promise<number> {
  const before = mainThreadUs(vtap);
  let next = 0;
  const client = async () => {
    while (next < count) await once(next++);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return (mainThreadUs(vtap) - before) / count;
}

/** Processor time of the main thread, in microseconds: to the nanosecond, unlike /proc/PID/stat. */
function mainThreadUs({ pid }: BuiltVtap): number {
  const [nanoseconds] = readFileSync(`/proc/${pid}/schedstat`, "utf8").split(" ");
  return Number(nanoseconds) / 1000;
}

function send(
  { vtap, headers, agent }: Server,
  method: string,
  path: string,
  body = "",
): Promise<void> {
  const type = body === "" ? {} : { "content-type": "application/json" };
  return new Promise((resolve, reject) => {
    const url = `${vtap.url}/api/v1${path}`;
    const sent = request(url, { method, agent, headers: { ...headers, ...type } }, (response) => {
      const { statusCode = 0 } = response;
      // The first GET finds no policy yet.
      if (statusCode >= 400 && statusCode !== 404) reject(new Error(`${path}: ${statusCode}`));
      response.resume().on("end", resolve);
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

function policy(id: string): string {
  const mac = (n: number) => ({ mac: `fa:00:00:00:00:0${n}` });
  return JSON.stringify({ id, sender: mac(1), receiver: mac(2), monitors: [mac(3)] });
}
