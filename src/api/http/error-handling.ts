// SPDX-License-Identifier: Apache-2.0
import type { Socket } from "node:net";
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { QueueClosedError } from "../../runtime/index.ts";
import { NOTHING_CHANGED } from "../closing/stopping.ts";
import { JSON_MEDIA_TYPE, MERGE_PATCH_MEDIA_TYPE, unsupportedMediaType } from "./json-body.ts";
import {
  PROBLEM_MEDIA_TYPE,
  type Problem,
  ProblemException,
  problemBody,
  sendProblem,
} from "./problem.ts";
import { notFound } from "./rejections.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

/** Makes every error of the app a problem document, including requests that match no route. */
export function answerErrorsWithProblems(app: FastifyInstance): void {
  app.setErrorHandler((error: FastifyError, request, reply) => handleError(error, request, reply));
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      request,
      reply,
      notFound(`there is nothing at ${request.url.split("?", 1)[0]}; see /docs`),
    ),
  );
}

/** Answers a request with its problem. A bug is logged; the client gets no details. */
export function handleError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const problem = problemOf(error, request.routeOptions.bodyLimit);
  if (problem) return sendProblem(request, reply, problem);
  // Without the query, which may hold the code of a login.
  const [path] = request.url.split("?", 1);
  request.log.error({ err: error, method: request.method, path }, "request failed");
  return sendProblem(request, reply, {
    status: 500,
    kind: "internal",
    title: "Internal error",
    detail: `this is a bug of vtap; its log has the details under reqId ${request.id}`,
  });
}

function problemOf(error: unknown, bodyLimit: number): Problem | undefined {
  if (error instanceof ProblemException) return error.problem;
  if (error instanceof QueueClosedError) return NOTHING_CHANGED;
  const { code, statusCode, message } = error as Partial<FastifyError>;
  switch (code) {
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_CONTENT_TYPE":
      return unsupportedMediaType(
        `send ${JSON_MEDIA_TYPE} (with PATCH also ${MERGE_PATCH_MEDIA_TYPE})`,
      ).problem;
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return {
        status: 413,
        kind: "body-too-large",
        title: "Body too large",
        detail: `the body is longer than ${bodyLimit} bytes (bodyLimitBytes); send less at once, or raise the setting`,
      };
    default:
      // Other codes below 500 are fastify's rejections of malformed requests; their messages are for clients.
      if (statusCode === undefined || statusCode < 400 || statusCode >= 500) return undefined;
      return {
        status: statusCode,
        kind: "bad-request",
        title: "Malformed request",
        detail: message ?? "the request is malformed",
      };
  }
}

/** Answers input that is not valid HTTP, before there is a request. */
export function answerClientError(error: Error & { code?: string }, socket: Socket): void {
  // A failed TLS handshake: nothing can be sent.
  if (!socket.writable || error.code === "ECONNRESET" || error.code?.startsWith("ERR_SSL")) {
    socket.destroy();
    return;
  }
  const tooLarge = error.code === "HPE_HEADER_OVERFLOW";
  const late = error.code === "ERR_HTTP_REQUEST_TIMEOUT";
  const status = tooLarge ? 431 : late ? 408 : 400;
  const title = tooLarge ? "Headers too large" : late ? "Request timed out" : "Not an HTTP request";
  const problem = { status, kind: "bad-request", title, detail: title };
  const body = JSON.stringify(problemBody(problem, ""));
  const headers = Object.entries({ ...SECURITY_HEADERS, "content-type": PROBLEM_MEDIA_TYPE });
  socket.end(
    `HTTP/1.1 ${status} ${title}\r\n` +
      headers.map(([name, value]) => `${name}: ${value}\r\n`).join("") +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}
