// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type PolicyService, PolicyView } from "../../contract/policies.ts";
import {
  ResumeInput,
  SuspendInput,
  type TapsOutcome,
  type TapsService,
  TapsView,
} from "../../contract/taps.ts";
import { causeOf } from "../access/cause-of.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery, WriteQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";
import { checked } from "../written-document.ts";

type TapsContext = ApiContext<TapsService & PolicyService>;

const tags = ["taps"];
const URL = `${BASE}/taps`;

/** `/taps`, `/taps:suspend`, `/taps:resume` and `/policies/{id}:resume`. */
export function taps(app: Api, context: TapsContext): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "getTaps",
        summary: "Get whether taps run or are suspended, since when and why",
        querystring: NoQuery,
        response: { 200: json(TapsView, "The current state."), ...problems(400) },
      },
    },
    (request) => context.portOf(request).taps(),
  );
  suspendTaps(app, context);
  resumeTaps(app, context);
  resumePolicy(app, context);
}

function suspendTaps(app: Api, context: TapsContext): void {
  app.post(
    // A literal colon is written twice: a single one begins a parameter.
    `${URL}::suspend`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "suspendTaps",
        summary: "Suspend all taps, or those of a project: remove their copies; policies stay",
        description:
          "Production traffic is not interrupted. With `wait`, answers when every switch has confirmed, or when the time is over. Does nothing if taps are already suspended. A body is optional.",
        querystring: WriteQuery,
        body: SuspendInput.optional(),
        response: { 200: json(TapsView, "Suspended."), ...bodyProblems, ...problems(503) },
      },
    },
    async (request, reply) => {
      const body = request.body === undefined ? {} : objectBody(request, "suspension");
      const outcome = await context
        .portOf(request)
        .suspendTaps(checked(SuspendInput, body, "suspension"), causeOf(request));
      return answer({ request, reply, context, outcome, wait: request.query.wait });
    },
  );
}

function resumeTaps(app: Api, context: TapsContext): void {
  app.post(
    `${URL}::resume`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "resumeTaps",
        summary: "Resume all taps, or those of a project: restore the copies of enabled policies",
        description:
          "A body is optional. Projects that are suspended by themselves stay suspended when all taps are resumed. With `wait`, answers when every connected switch holds its desired entries, or when the time is over. Policies that the guard has suspended stay suspended.",
        querystring: WriteQuery,
        body: ResumeInput.optional(),
        response: { 200: json(TapsView, "Running."), ...bodyProblems, ...problems(409, 503) },
      },
    },
    async (request, reply) => {
      const body = request.body === undefined ? {} : objectBody(request, "resumption");
      const outcome = await context
        .portOf(request)
        .resumeTaps(checked(ResumeInput, body, "resumption"), causeOf(request));
      return answer({ request, reply, context, outcome, wait: request.query.wait });
    },
  );
}

function resumePolicy(app: Api, { portOf, closing }: TapsContext): void {
  app.post(
    // Without the pattern, the parameter would include the colon and what follows.
    `${BASE}/policies/:id(^[^:/]+)::resume`,
    {
      schema: {
        tags,
        operationId: "resumePolicy",
        summary: "Resume a policy that the guard has suspended",
        params: z.object({ id: z.string() }),
        querystring: WriteQuery,
        response: { 200: json(PolicyView, "The policy."), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const port = portOf(request);
      const outcome = await port.resumePolicy(id, causeOf(request));
      if (outcome.type !== "done") return reject(outcome, { noun: "policy", id });
      const timeoutMs = request.query.wait;
      if (timeoutMs > 0) {
        await port.whenSettled(id, { timeoutMs, signal: abortedWith(reply, closing) });
      }
      return port.getPolicy(id) ?? reject({ type: "notFound" }, { noun: "policy", id });
    },
  );
}

interface Answer {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly context: TapsContext;
  readonly outcome: TapsOutcome;
  /** Milliseconds. */
  readonly wait: number;
}

async function answer({ request, reply, context, outcome, wait }: Answer): Promise<TapsView> {
  const port = context.portOf(request);
  const { closing } = context;
  if (outcome.type !== "done") return reject(outcome, { noun: "suspension" });
  if (wait > 0) {
    await port.whenTapsSettled({ timeoutMs: wait, signal: abortedWith(reply, closing) });
  }
  return port.taps();
}
