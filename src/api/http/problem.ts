// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";

/** Media type of an error. @see RFC 9457 */
export const PROBLEM_MEDIA_TYPE = "application/problem+json";

/** One mistake in a request: a member of its body, a parameter of its query or path, or a header. */
const ProblemError = z
  .object({
    pointer: z.string().exactOptional().meta({
      description: "RFC 6901 JSON pointer into the request's body; empty for the whole body.",
      example: "/sender/mac",
    }),
    parameter: z.string().exactOptional().meta({ description: "A query or path parameter." }),
    header: z.string().exactOptional().meta({ description: "A request header." }),
    detail: z.string().meta({ description: "What is wrong." }),
    remedy: z.string().meta({ description: "How to correct it." }),
  })
  .meta({ id: "ProblemError" });
type ProblemError = z.infer<typeof ProblemError>;

/** The body of every error. @see RFC 9457 */
export const ProblemDetails = z
  .object({
    type: z.string().meta({
      description: "Identifies the kind of problem; meant for comparison in scripts.",
      example: "urn:openvtap:problem:invalid-document",
    }),
    title: z.string().meta({ description: "Short name of the kind of problem." }),
    status: z.int(),
    detail: z.string().meta({ description: "Explanation of this problem." }),
    instance: z.string().meta({ description: "The requested path." }),
    errors: z.array(ProblemError).readonly().exactOptional(),
  })
  .meta({ id: "Problem" });
export type ProblemDetails = z.infer<typeof ProblemDetails>;

/** A problem that is not yet tied to a request. */
export interface Problem {
  readonly status: number;
  /** Last part of the problem's type, such as `not-found`. */
  readonly kind: string;
  readonly title: string;
  readonly detail: string;
  readonly errors?: readonly ProblemError[];
  /** Headers of the answer, such as Allow. */
  readonly headers?: Readonly<Record<string, string>>;
}

/** Thrown by a handler to answer with a problem. */
export class ProblemException extends Error {
  override readonly name = "ProblemException";
  readonly problem: Problem;

  constructor(problem: Problem) {
    super(problem.detail);
    this.problem = problem;
  }
}

/** The body that answers the request to `url`. */
export function problemBody(problem: Problem, url: string): ProblemDetails {
  const { status, kind, title, errors } = problem;
  const detail = `${shortened(problem.detail)}${listed(errors)}`;
  return {
    type: `urn:openvtap:problem:${kind}`,
    title,
    status,
    detail,
    instance: url.split("?", 1)[0] ?? url,
    ...(errors === undefined ? {} : { errors: errors.slice(0, MAX_ERRORS).map(shortenedError) }),
  };
}

/** Most errors that a problem lists: a body of mistakes does not get an answer many times its length. */
const MAX_ERRORS = 100;

/** Most characters of a text that may quote the request. */
const MAX_CHARACTERS = 1000;

function listed(errors: readonly ProblemError[] = []): string {
  if (errors.length <= MAX_ERRORS) return "";
  return `; errors lists the first ${MAX_ERRORS} of ${errors.length}`;
}

function shortenedError(error: ProblemError): ProblemError {
  const texts = Object.entries(error).map(([key, text]) => [key, shortened(text)]);
  return Object.fromEntries(texts);
}

function shortened(text: string): string {
  return text.length <= MAX_CHARACTERS ? text : `${text.slice(0, MAX_CHARACTERS)}…`;
}

/** Answers a request with a problem. */
export function sendProblem(
  request: FastifyRequest,
  reply: FastifyReply,
  problem: Problem,
): FastifyReply {
  if (problem.headers) reply.headers(problem.headers);
  reply.problemKind = problem.kind;
  // Serialized here: fastify would look for a schema of this status, and add a charset that
  // application/problem+json does not have.
  return reply
    .code(problem.status)
    .header("content-type", PROBLEM_MEDIA_TYPE)
    .serializer(String)
    .send(JSON.stringify(problemBody(problem, request.url)));
}
