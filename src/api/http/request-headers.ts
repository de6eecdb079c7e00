import type { FastifyInstance, FastifyRequest } from "fastify";
import { type Problem, ProblemException } from "./problem.ts";

/**
 * Options of the HTTP server that leave to the app what Node would refuse with an empty answer; see
 * `refuseHeaders`.
 */
export const HTTP_OPTIONS = { requireHostHeader: false } as const;

/** Answers requests whose headers ask for what HTTP does not allow, or for what is not done here. */
export function refuseHeaders(app: FastifyInstance): void {
  // Without a listener, Node answers 417 by itself.
  app.server.on("checkExpectation", (request, response) => app.routing(request, response));
  app.addHook("onRequest", async (request) => {
    const problem = headerProblem(request);
    if (problem) throw new ProblemException(problem);
  });
}

/** @see RFC 9110 §7.2, §10.1.1 */
function headerProblem({ headers, raw }: FastifyRequest): Problem | undefined {
  if (headers.host === undefined && raw.httpVersion === "1.1") {
    return headerRefused(400, "A header is missing", "Host", "send the header Host");
  }
  if (headers.expect !== undefined && !/^\s*100-continue\s*$/i.test(headers.expect)) {
    const remedy = 'leave the header Expect out, or send "100-continue"';
    return headerRefused(417, "This expectation cannot be met", "Expect", remedy);
  }
  return undefined;
}

function headerRefused(status: number, title: string, header: string, remedy: string): Problem {
  const errors = [{ header, detail: title, remedy }];
  return { status, kind: "invalid-header", title, detail: remedy, errors };
}
