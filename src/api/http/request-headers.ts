// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Problem, ProblemException } from "./problem.ts";

/**
 * Options of the HTTP server that pass to the app what Node would reject with an empty answer; see
 * `rejectHeaders`.
 */
export const HTTP_OPTIONS = { requireHostHeader: false } as const;

/** Rejects requests whose headers violate HTTP or require something unsupported. */
export function rejectHeaders(app: FastifyInstance): void {
  // Without a listener, Node answers 417 itself.
  app.server.on("checkExpectation", (request, response) => app.routing(request, response));
  app.addHook("onRequest", async (request) => {
    const problem = headerProblem(request);
    if (problem) throw new ProblemException(problem);
  });
}

/** @see RFC 9110 §7.2, §10.1.1 */
function headerProblem({ headers, raw }: FastifyRequest): Problem | undefined {
  if (headers.host === undefined && raw.httpVersion === "1.1") {
    return headerRejected(400, "Missing header", "Host", "send the header Host");
  }
  if (headers.expect !== undefined && !/^\s*100-continue\s*$/i.test(headers.expect)) {
    const remedy = 'omit the header Expect, or send "100-continue"';
    return headerRejected(417, "Unsupported expectation", "Expect", remedy);
  }
  return undefined;
}

/** The problem of a header with a wrong value. */
export function headerRejected(
  status: number,
  title: string,
  header: string,
  remedy: string,
): Problem {
  const errors = [{ header, detail: title, remedy }];
  return { status, kind: "invalid-header", title, detail: remedy, errors };
}
