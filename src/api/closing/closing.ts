// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from "fastify";
import { sendProblem } from "../http/problem.ts";
import { OpenRequests } from "./open-requests.ts";
import { NOTHING_CHANGED, OUTCOME_UNKNOWN } from "./stopping.ts";

/** How long each part of a close takes at most, in milliseconds. */
const PART_MS = {
  /** Requests whose handlers run are finished. */
  finish: 300,
  /** The same, once the work that they wait for is ended. */
  abandon: 150,
  /** The last answers reach their clients. */
  flush: 100,
};

/**
 * The close of the API: every request gets an answer, and the close ends whatever they wait for.
 *
 * open -(run)-> requests finish -> their work is ended -> all that is left is answered -> connections closed;
 * a part in which no request is left is the last one before connections are closed.
 */
export class Closing {
  readonly open = new OpenRequests();
  readonly #begun = new AbortController();

  /** Aborts when the close begins: nothing waits for switches or events any longer. */
  get signal(): AbortSignal {
    return this.#begun.signal;
  }

  /**
   * Rejects what arrives during the close, and closes the connection of each answer. To be called before
   * other hooks are added. `abandon` ends the work that requests wait for.
   */
  addTo(app: FastifyInstance, abandon: () => void): void {
    app.addHook("onRequest", async (request, reply) => {
      if (this.signal.aborted) return sendProblem(request, reply, NOTHING_CHANGED);
      this.open.routed(reply);
    });
    app.addHook("preHandler", async (_request, reply) => this.open.begun(reply));
    app.addHook("onSend", async (_request, reply) => {
      if (this.signal.aborted) reply.header("connection", "close");
    });
    app.addHook("preClose", async () => {
      await this.#run(abandon);
      // Those that have sent no whole request (a browser's spare one), or read no answer.
      app.server.closeAllConnections();
    });
  }

  async #run(abandon: () => void): Promise<void> {
    this.#begun.abort();
    this.open.answerUnbegun(NOTHING_CHANGED);
    if (await this.open.emptyWithin(PART_MS.finish)) return;
    abandon();
    if (await this.open.emptyWithin(PART_MS.abandon)) return;
    this.open.answerAll(OUTCOME_UNKNOWN);
    await this.open.emptyWithin(PART_MS.flush);
  }
}
