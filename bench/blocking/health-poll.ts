// SPDX-License-Identifier: Apache-2.0
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const POLL = fileURLToPath(new URL("./health-poll.mjs", import.meta.url));

/** What the poll found since the last report, in milliseconds. */
export interface Silence {
  /** Longest time without an answer, as a client sees it. */
  readonly longestMs: number;
  /** 99 % of the answers came within it; -1: there were none. */
  readonly p99Ms: number;
  /** Most processor time that the server's main thread used between a request and its answer. */
  readonly longestCpuMs: number;
}

/** Polls `/healthz` from a process of its own: work of this one does not disturb it. */
export class HealthPoll {
  readonly #child: ChildProcess;

  constructor(url: string, pid: number) {
    this.#child = fork(POLL, [url, String(pid)], { execArgv: [] });
  }

  /** What was found since the last call. */
  async take(): Promise<Silence> {
    const answer = once(this.#child, "message");
    this.#child.send("take");
    const [found] = (await answer) as [Silence | { readonly failed: string }];
    if ("failed" in found) throw new Error(`/healthz: ${found.failed}`);
    return found;
  }

  stop(): void {
    this.#child.disconnect();
  }
}
