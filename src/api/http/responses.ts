// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { PROBLEM_MEDIA_TYPE, ProblemDetails } from "./problem.ts";

const MEANINGS = {
  400: "A parameter, a header or the JSON is malformed.",
  401: "Not identified: no valid token, and no session.",
  403: "Not allowed, or sent by a page of another origin.",
  404: "Not found.",
  409: "It already exists, is owned by a file, or conflicts with the current state.",
  412: "The precondition in If-Match or If-None-Match does not hold.",
  413: "The body is too large.",
  415: "The body is not JSON.",
  422: "The document has mistakes (each is listed with a pointer and a remedy), or is too complex.",
  429: "The address has sent too many invalid tokens. Header Retry-After.",
  503: "The controller is not ready, writing to disk failed, too many requests are open, or the service that issued the token does not answer.",
} as const;

/** The errors of a route, for its description. */
export function problems(...statuses: (keyof typeof MEANINGS)[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      {
        description: MEANINGS[status],
        content: { [PROBLEM_MEDIA_TYPE]: { schema: ProblemDetails } },
      },
    ]),
  );
}

/** The errors of every route that takes a JSON body. */
export const bodyProblems = problems(400, 413, 415, 422);

/** An answer with a JSON body. */
export function json<T extends z.ZodType>(schema: T, description: string) {
  return { description, content: { "application/json": { schema } } };
}

/** An answer without a body. */
export function empty(description: string) {
  return z.undefined().describe(description);
}
