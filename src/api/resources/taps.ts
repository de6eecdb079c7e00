import type { FastifyReply } from "fastify";
import { z } from "zod";
import { PolicyView } from "../../contract/policies.ts";
import type { TapsOutcome } from "../../contract/rejection.ts";
import { SuspendInput, TapsView } from "../../contract/taps.ts";
import { checkSchema, jsonPointer } from "../../topology/index.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery, WriteQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { invalidDocument, refuse } from "../http/rejections.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";

const tags = ["taps"];
const URL = `${BASE}/taps`;

/** `/taps`, `/taps:suspend`, `/taps:resume` and `/policies/{id}:resume`. */
export function taps(app: Api, context: ApiContext): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "getTaps",
        summary: "Whether taps run or are suspended, since when and why",
        querystring: NoQuery,
        response: { 200: json(TapsView, "Now."), ...problems(400) },
      },
    },
    () => context.port.taps(),
  );
  suspendTaps(app, context);
  resumeTaps(app, context);
  resumePolicy(app, context);
}

function suspendTaps(app: Api, context: ApiContext): void {
  app.post(
    // A colon of its own is written twice: a single one begins a parameter.
    `${URL}::suspend`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "suspendTaps",
        summary: "Take every copy off the switches; policies stay",
        description:
          "Production frames go on without a gap. With `wait`: answers when every switch has confirmed, or the time is over. Nothing happens when taps are suspended already. A body is optional.",
        querystring: WriteQuery,
        body: SuspendInput.optional(),
        response: { 200: json(TapsView, "Suspended."), ...bodyProblems, ...problems(503) },
      },
    },
    async (request, reply) => {
      const said = request.body === undefined ? {} : objectBody(request, "suspension");
      const outcome = await context.port.suspendTaps(suspension(said));
      return answer({ reply, context, outcome, wait: request.query.wait });
    },
  );
}

function resumeTaps(app: Api, context: ApiContext): void {
  app.post(
    `${URL}::resume`,
    {
      schema: {
        tags,
        operationId: "resumeTaps",
        summary: "Put the copies of all enabled policies back",
        description:
          "With `wait`: answers when every connected switch holds what it should, or the time is over. Policies that the guard has suspended stay so.",
        querystring: WriteQuery,
        response: { 200: json(TapsView, "Running."), ...problems(400, 503) },
      },
    },
    async (request, reply) => {
      const outcome = await context.port.resumeTaps();
      return answer({ reply, context, outcome, wait: request.query.wait });
    },
  );
}

function resumePolicy(app: Api, { port, closing }: ApiContext): void {
  app.post(
    // Without the pattern the parameter would take the colon and what follows for its own.
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
      const outcome = await port.resumePolicy(id);
      if (outcome.type !== "done") return refuse(outcome, { noun: "policy", id });
      const timeoutMs = request.query.wait;
      if (timeoutMs > 0) {
        await port.whenSettled(id, { timeoutMs, signal: abortedWith(reply, closing) });
      }
      return port.getPolicy(id) ?? refuse({ type: "notFound" }, { noun: "policy", id });
    },
  );
}

/** @throws ProblemException 422 with everything that is wrong with it. */
function suspension(document: unknown): SuspendInput {
  const checked = checkSchema(SuspendInput, document);
  if (checked.ok) return checked.value;
  const wrong = checked.problems.map(({ path, what, remedy }) => {
    return { pointer: jsonPointer(path), detail: what, remedy };
  });
  throw new ProblemException(invalidDocument(wrong, "suspension"));
}

interface Answer {
  readonly reply: FastifyReply;
  readonly context: ApiContext;
  readonly outcome: TapsOutcome;
  /** Milliseconds. */
  readonly wait: number;
}

async function answer({ reply, context, outcome, wait }: Answer): Promise<TapsView> {
  const { port, closing } = context;
  if (outcome.type !== "done") return refuse(outcome, { noun: "suspension" });
  if (wait > 0) {
    await port.whenTapsSettled({ timeoutMs: wait, signal: abortedWith(reply, closing) });
  }
  return port.taps();
}
