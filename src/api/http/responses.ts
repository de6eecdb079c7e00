import { z } from "zod";
import { PROBLEM_MEDIA_TYPE, ProblemDetails } from "./problem.ts";

const MEANINGS = {
  400: "A parameter, a header or the JSON is malformed.",
  404: "There is no such thing.",
  409: "It exists, belongs to a file, or conflicts with what is there.",
  412: "It is not as If-Match or If-None-Match expects.",
  413: "The body is too large.",
  415: "The body is not JSON.",
  422: "The document has mistakes; each with a pointer and a remedy.",
  503: "Not now: the controller is not ready, or the disk failed.",
} as const;

/** The errors that a route can answer with, for its description. */
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
