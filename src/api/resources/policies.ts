// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { type PolicyRowsService, PolicyRowsView } from "../../contract/observation/policy-rows.ts";
import {
  type PolicyService,
  PolicyState,
  PolicyView,
  type PolicyWriteOutcome,
} from "../../contract/policies.ts";
import { customIssue } from "../../topology/index.ts";
import { causeOf } from "../access/cause-of.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import {
  afterOf,
  limitParameter,
  MAX_LIMIT,
  pageAnswer,
  pageOf,
  pageParameters,
} from "../http/paging.ts";
import { NoQuery, WriteQuery, wholeNumber } from "../http/parameters.ts";
import { preconditionOf, putHeaders, setEtag, writeHeaders } from "../http/preconditions.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound, reject } from "../http/rejections.ts";
import { bodyProblems, empty, json, problems } from "../http/responses.ts";
import { PolicyInput, PolicyPatch, withId, withoutReadOnly } from "../policy-input.ts";
import { patchPolicy } from "../policy-patch.ts";
import { policyRows, SORTS } from "./observation/policy-rows.ts";

type Context = ApiContext<PolicyService & PolicyRowsService>;

const LIST = "policies";
const URL = `${BASE}/policies`;
const tags = ["policies"];
const CREATED = json(PolicyView, "Created. Headers Location and ETag.");
const WRITTEN = json(PolicyView, "Written. Header ETag.");
const PolicyParams = z.object({ id: z.string() });

/** Rows are short: ten thousand of them are a few megabytes, a tenth of that when compressed. */
const MAX_ROWS = 10_000;

/** More policies than there are. */
const MOST_SKIPPED = 1_000_000;

const ListQuery = z
  .strictObject({
    ...pageParameters,
    limit: limitParameter(MAX_ROWS).meta({
      description: "At most this many items: 1,000, and 10,000 with `view=row`.",
    }),
    state: PolicyState.exactOptional().meta({ description: "Only policies in this state." }),
    view: z.enum(["full", "row"]).default("full").meta({
      description: "row: the columns of a table instead of whole policies.",
    }),
    q: z.string().exactOptional().meta({
      description:
        "With `view=row`: words of which all must match, and those with a minus before them not. `key:value` (state, health, id, name, sender, receiver, host, monitor, direction, delivery, origin, set, file, project, requester, reason, or a filter such as tcp_dst), an IP address or prefix, a MAC address, or a part of a text.",
    }),
    sort: z.enum(SORTS).exactOptional().meta({
      description: "With `view=row`: the column of the order; with a minus, descending.",
    }),
    offset: wholeNumber(0, MOST_SKIPPED).exactOptional().meta({
      description:
        "With `view=row`: how many policies are left out before the first one; for a table that is scrolled to any place.",
    }),
    ids: z.string().exactOptional().meta({
      description: "With `view=row`: only these policies; ids separated by commas.",
    }),
    facet: z.enum(["monitors"]).exactOptional().meta({
      description: "With `view=row`: adds the monitors of all policies found, with their numbers.",
    }),
  })
  .superRefine(({ view, limit, state: _, cursor: _cursor, ...ofRows }, context) => {
    if (view === "row") return;
    if (limit > MAX_LIMIT) {
      const what = `"${limit}" is not a whole number from 1 to ${MAX_LIMIT}`;
      context.addIssue(customIssue(what, `write one from 1 to ${MAX_LIMIT}`, ["limit"]));
    }
    for (const [name, value] of Object.entries(ofRows)) {
      if (value === undefined) continue;
      const what = "whole policies are neither searched nor ordered nor skipped";
      context.addIssue(customIssue(what, "add view=row", [name]));
    }
  });

/** `/policies` and `/policies/{id}`. */
export function policies(app: Api, context: Context): void {
  readPolicies(app, context);
  createPolicy(app, context);
  replacePolicy(app, context);
  patchPolicies(app, context);
  deletePolicy(app, context);
}

function readPolicies(app: Api, { portOf }: Context): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "listPolicies",
        summary: "List policies in the order of their ids",
        querystring: ListQuery,
        response: {
          200: json(z.union([pageOf(PolicyView), PolicyRowsView]), "A page of policies."),
          ...problems(400, 422),
        },
      },
    },
    async (request) => {
      const { view, ...query } = request.query;
      if (view === "row") return policyRows(portOf(request), query);
      const { limit, cursor, state } = query;
      const page = await portOf(request).listPolicies({
        limit,
        ...afterOf(LIST, cursor),
        ...(state === undefined ? {} : { state }),
      });
      return pageAnswer(LIST, page, ({ id }) => id);
    },
  );
  app.get(
    `${URL}/:id`,
    {
      schema: {
        tags,
        operationId: "getPolicy",
        summary: "Get a policy with its status",
        description: "The ETag belongs to the document: a change of the status does not change it.",
        params: PolicyParams,
        querystring: NoQuery,
        response: { 200: json(PolicyView, "The policy. Header ETag."), ...problems(400, 404) },
      },
    },
    (request, reply) => {
      const policy = portOf(request).getPolicy(request.params.id);
      if (!policy)
        throw new ProblemException(notFound(`there is no policy "${request.params.id}"`));
      setEtag(reply, policy.revision);
      return policy;
    },
  );
}

function createPolicy(app: Api, context: ApiContext<PolicyService>): void {
  app.post(
    URL,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "createPolicy",
        summary: "Create a policy",
        description: "Assigns an id if the document has none.",
        querystring: WriteQuery,
        body: PolicyInput,
        response: { 201: CREATED, ...bodyProblems, ...problems(409, 503) },
      },
    },
    async (request, reply) => {
      const document = withoutReadOnly(objectBody(request, "policy"));
      const outcome = await context.portOf(request).createPolicy(document, causeOf(request));
      return answerWrite({ request, reply, context, outcome, wait: request.query.wait });
    },
  );
}

function replacePolicy(app: Api, context: ApiContext<PolicyService>): void {
  app.put(
    `${URL}/:id`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "putPolicy",
        summary: "Create or replace the policy with this id",
        description:
          "The answer of a GET can be sent back: the members that vtap adds are ignored.",
        params: PolicyParams,
        querystring: WriteQuery,
        headers: putHeaders,
        body: PolicyInput,
        response: { 200: WRITTEN, 201: CREATED, ...bodyProblems, ...problems(409, 412, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const document = withId(withoutReadOnly(objectBody(request, "policy")), id);
      const outcome = await context
        .portOf(request)
        .putPolicy(document, preconditionOf(request), causeOf(request));
      return answerWrite({ request, reply, context, outcome, wait: request.query.wait, id });
    },
  );
}

function patchPolicies(app: Api, context: ApiContext<PolicyService>): void {
  app.patch(
    `${URL}/:id`,
    {
      schema: {
        tags,
        operationId: "patchPolicy",
        summary: "Change some members of a policy (JSON merge patch, RFC 7396)",
        description:
          "Members of the patch replace those of the policy. null removes a member, objects are merged, and lists are replaced as a whole.",
        consumes: ["application/merge-patch+json", "application/json"],
        params: PolicyParams,
        querystring: WriteQuery,
        headers: writeHeaders,
        body: PolicyPatch,
        response: { 200: WRITTEN, ...bodyProblems, ...problems(404, 409, 412, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const patch = withoutReadOnly(objectBody(request, "policy"));
      const outcome = await patchPolicy(context.portOf(request), id, patch, {
        precondition: preconditionOf(request),
        cause: causeOf(request),
      });
      return answerWrite({ request, reply, context, outcome, wait: request.query.wait, id });
    },
  );
}

function deletePolicy(app: Api, { portOf, closing }: ApiContext<PolicyService>): void {
  app.delete(
    `${URL}/:id`,
    {
      schema: {
        tags,
        operationId: "deletePolicy",
        summary: "Delete a policy",
        description:
          "With `wait`, answers when no switch holds rules of the policy, or when the time is over.",
        params: PolicyParams,
        querystring: WriteQuery,
        headers: writeHeaders,
        response: { 204: empty("Deleted."), ...problems(400, 404, 409, 412, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const port = portOf(request);
      const outcome = await port.deletePolicy(id, preconditionOf(request), causeOf(request));
      if (outcome.type !== "deleted") reject(outcome, { noun: "policy", id });
      const timeoutMs = request.query.wait;
      if (timeoutMs > 0) {
        await port.whenSettled(id, { timeoutMs, signal: abortedWith(reply, closing) });
      }
      reply.code(204);
    },
  );
}

interface Write {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly context: ApiContext<PolicyService>;
  readonly outcome: PolicyWriteOutcome;
  /** Milliseconds. */
  readonly wait: number;
  readonly id?: string;
}

/** Answers a write with the policy as it is once it has settled or the time is over. */
async function answerWrite(write: Write): Promise<PolicyView> {
  const { request, reply, outcome, context, wait } = write;
  const port = context.portOf(request);
  if (outcome.type !== "created" && outcome.type !== "replaced") {
    return reject(outcome, { noun: "policy", ...(write.id === undefined ? {} : { id: write.id }) });
  }
  const { id, revision } = outcome.policy;
  if (wait > 0) {
    const signal = abortedWith(reply, context.closing);
    await port.whenSettled(id, { timeoutMs: wait, signal });
  }
  const current = port.getPolicy(id);
  // Another write may have happened in between: the answer describes this one.
  const policy = current?.revision === revision ? current : outcome.policy;
  reply.code(outcome.type === "created" ? 201 : 200);
  if (outcome.type === "created") reply.header("location", `${URL}/${encodeURIComponent(id)}`);
  setEtag(reply, revision);
  return policy;
}
