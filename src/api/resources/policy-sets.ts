// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { PolicyService } from "../../contract/policies.ts";
import {
  AppliedPolicySet,
  PolicyDryRun,
  PolicySetPlan,
  type PolicySetRequest,
  type PolicySetService,
} from "../../contract/policy-sets.ts";
import type { JsonObject } from "../../contract/scalars.ts";
import { isObject } from "../../lang/is-object.ts";
import { customIssue } from "../../topology/index.ts";
import { causeOf } from "../access/cause-of.ts";
import { NOTHING_CHANGED } from "../closing/stopping.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery, WriteQuery } from "../http/parameters.ts";
import { entityTagsOf, setHeaders, setTag } from "../http/preconditions.ts";
import { ProblemException } from "../http/problem.ts";
import { reject } from "../http/rejections.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";
import { PolicyInput, withoutReadOnly } from "../policy-input.ts";
import { checked } from "../written-document.ts";
import { GroupInput, withoutGroupReadOnly } from "./groups.ts";

const NOUN = "set of policies";

const options = {
  set: z
    .string()
    .superRefine((text, context) => {
      if (/^[a-z0-9._-]{1,64}$/.test(text)) return;
      const what = `"${text.slice(0, 80)}" cannot be the name of a set`;
      context.addIssue(customIssue(what, 'write 1 to 64 of "a-z", "0-9", ".", "_" and "-"'));
    })
    .default("default")
    .meta({
      description: "Name of the set; `origin` of its policies and groups has it. Default: default.",
    }),
  prune: z.boolean().default(false).meta({
    description:
      "Whether policies and groups that this set has applied and no longer has are deleted.",
  }),
};

const PolicySetInput = z
  .strictObject({
    policies: z.array(PolicyInput).exactOptional(),
    groups: z.array(GroupInput).exactOptional(),
    ...options,
  })
  .meta({
    id: "PolicySet",
    description: "Policies and groups of one change, as in policy files.",
  });

/** What is checked here: the controller checks each policy and group. */
const policySet = z
  .strictObject({
    policies: z.array(z.unknown()).optional(),
    groups: z.array(z.unknown()).optional(),
    ...options,
  })
  .superRefine(({ policies, groups }, context) => {
    if (policies !== undefined || groups !== undefined) return;
    context.addIssue(customIssue('"policies" is missing', "add it", ["policies"]));
  });

type Context = ApiContext<PolicySetService & Pick<PolicyService, "whenSettled" | "getPolicy">>;

/** `/policies:validate` and `/policies:apply`. */
export function policySets(app: Api, context: Context): void {
  validate(app, context);
  apply(app, context);
}

function validate(app: Api, { portOf, closing }: Context): void {
  app.post(
    // A literal colon is written twice: a single one begins a parameter.
    `${BASE}/policies::validate`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["policies"],
        operationId: "validatePolicy",
        summary: "Dry run: what a policy, or a set of them, would install on which switch",
        description:
          "Writes nothing. A document that a write would reject is rejected here in the same way. If the id exists, the document is treated as a replacement. A body with `policies` or `groups` is a set: one change, as `policies:apply` makes it; the ETag of the answer identifies what it would replace. The work ends when the client disconnects.",
        querystring: NoQuery,
        body: z.union([PolicyInput, PolicySetInput]),
        response: {
          200: json(z.union([PolicyDryRun, PolicySetPlan]), "The outcome. Of a set: header ETag."),
          ...bodyProblems,
          ...problems(409),
        },
      },
    },
    async (request, reply) => {
      const port = portOf(request);
      const body = objectBody(request, "policy");
      const signal = abortedWith(reply, closing);
      if (isSet(body)) {
        const outcome = await port.planPolicySet(setOf(body, request), signal);
        if (outcome.type === "cancelled") throw new ProblemException(NOTHING_CHANGED);
        if (outcome.type !== "planned") return reject(outcome, { noun: NOUN });
        setTag(reply, outcome.tag);
        return outcome.plan;
      }
      const outcome = await port.dryRunPolicy(withoutReadOnly(body), signal, request.identity.role);
      if (outcome.type === "cancelled") throw new ProblemException(NOTHING_CHANGED);
      return outcome.type === "compiled" ? outcome.dryRun : reject(outcome, { noun: "policy" });
    },
  );
}

function apply(app: Api, context: Context): void {
  app.post(
    `${BASE}/policies::apply`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["policies"],
        operationId: "applyPolicies",
        summary: "Create or replace the policies and groups of a set: all of them, or none",
        description:
          "One write to disk and one change of the switches' tables. If one is rejected, nothing is done, and the problem has a pointer to each bad member. Those that are stored in this set with the same content are `unchanged` and keep their revision. With `wait`, answers when all policies of the set have settled, or when the time is over. The limits of a request body apply.",
        querystring: WriteQuery,
        headers: setHeaders,
        body: PolicySetInput,
        response: {
          200: json(AppliedPolicySet, "Done. Header ETag."),
          ...bodyProblems,
          ...problems(409, 412, 503),
        },
      },
    },
    async (request, reply) => {
      const port = context.portOf(request);
      const set = setOf(objectBody(request, NOUN), request);
      const outcome = await port.applyPolicySet(set, causeOf(request), entityTagsOf(request));
      if (outcome.type !== "applied") return reject(outcome, { noun: NOUN });
      setTag(reply, outcome.tag);
      const { closing } = context;
      return settled(outcome.applied, { port, closing, reply, timeoutMs: request.query.wait });
    },
  );
}

interface Settling {
  readonly port: Pick<PolicyService, "whenSettled" | "getPolicy">;
  readonly closing: AbortSignal;
  readonly reply: FastifyReply;
  readonly timeoutMs: number;
}

/** The answer once all policies of a set have settled, or the time is over. */
async function settled(
  applied: AppliedPolicySet,
  { port, closing, reply, timeoutMs }: Settling,
): Promise<AppliedPolicySet> {
  if (timeoutMs === 0) return applied;
  const signal = abortedWith(reply, closing);
  await Promise.all(applied.policies.map(({ id }) => port.whenSettled(id, { timeoutMs, signal })));
  const policies = applied.policies.map((each) => {
    const current = port.getPolicy(each.id);
    // Another write may have happened in between: the answer describes this one.
    return current?.revision === each.revision ? { ...each, status: current.status } : each;
  });
  return { ...applied, policies };
}

function isSet(body: JsonObject): boolean {
  return Object.hasOwn(body, "policies") || Object.hasOwn(body, "groups");
}

function setOf(
  body: JsonObject,
  { identity: { role } }: Pick<FastifyRequest, "identity">,
): PolicySetRequest {
  const { policies = [], groups = [], set, prune } = checked(policySet, body, NOUN);
  return {
    ...{ set, prune, role },
    policies: policies.map((each) => (isObject(each) ? withoutReadOnly(each) : each)),
    groups: groups.map((each) => (isObject(each) ? withoutGroupReadOnly(each) : each)),
  };
}
