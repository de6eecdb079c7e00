// SPDX-License-Identifier: Apache-2.0
import type { ServerResponse } from "node:http";
import type { FastifyReply } from "fastify";
import { PROBLEM_MEDIA_TYPE, type Problem, problemBody } from "../http/problem.ts";
import { setSecurityHeaders } from "../http/security-headers.ts";
import { whenGone } from "../http/when-gone.ts";

/** How far a request has come. */
interface Progress {
  /** Undefined while it waits for its turn. */
  reply?: Pick<FastifyReply, "raw" | "hijack">;
  /** Its handler runs: it may have changed something. */
  isBegun: boolean;
}

/** The requests without a complete answer, from the arrival of their headers on. */
export class OpenRequests {
  readonly #open = new Map<ServerResponse, Progress>();
  #emptied: () => void = () => undefined;

  /** A request has arrived; it is open until its answer is complete or its connection is gone. */
  add(response: ServerResponse): void {
    this.#open.set(response, { isBegun: false });
    whenGone(response, () => {
      this.#open.delete(response);
      if (this.#open.size === 0) this.#emptied();
    });
  }

  /** Its turn has come. */
  routed(reply: Pick<FastifyReply, "raw" | "hijack">): void {
    const progress = this.#open.get(reply.raw);
    if (progress) progress.reply = reply;
  }

  /** All of it has arrived, and its handler runs. */
  begun({ raw }: Pick<FastifyReply, "raw">): void {
    const progress = this.#open.get(raw);
    if (progress) progress.isBegun = true;
  }

  /** Answers the requests whose handler does not run yet: it will not. */
  answerUnbegun(problem: Problem): void {
    for (const [response, { reply, isBegun }] of this.#open) {
      if (!isBegun) answer(response, problem, reply);
    }
  }

  /** Answers all requests whose answer has not begun; what their handlers return is ignored. */
  answerAll(problem: Problem): void {
    for (const [response, { reply }] of this.#open) answer(response, problem, reply);
  }

  /** Whether none is open within some milliseconds; resolves as soon as that is so. */
  async emptyWithin(ms: number): Promise<boolean> {
    if (this.#open.size === 0) return true;
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms);
      this.#emptied = () => {
        clearTimeout(timer);
        resolve(true);
      };
    });
  }
}

/** On the raw response: the request may be anywhere between its arrival and its answer. */
function answer(response: ServerResponse, problem: Problem, reply: Progress["reply"]): void {
  if (response.headersSent || response.writableEnded) return;
  reply?.hijack();
  const body = JSON.stringify(problemBody(problem, response.req.url ?? ""));
  setSecurityHeaders(response);
  response.writeHead(problem.status, {
    ...problem.headers,
    "content-type": PROBLEM_MEDIA_TYPE,
    "content-length": Buffer.byteLength(body),
    connection: "close",
  });
  response.end(body);
}
