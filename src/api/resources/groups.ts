// SPDX-License-Identifier: Apache-2.0
import type { FastifyReply } from "fastify";
import { z } from "zod";
import { type GroupService, GroupView, groupReadOnlyMembers } from "../../contract/groups.ts";
import type { Rejection } from "../../contract/rejection.ts";
import type { JsonObject } from "../../contract/scalars.ts";
import { groupSchema } from "../../policy/index.ts";
import { causeOf } from "../access/cause-of.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { afterOf, PageQuery, pageAnswer, pageOf } from "../http/paging.ts";
import { ChangeQuery, NoQuery } from "../http/parameters.ts";
import { preconditionOf, putHeaders, setEtag, writeHeaders } from "../http/preconditions.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound, reject } from "../http/rejections.ts";
import { bodyProblems, empty, json, problems } from "../http/responses.ts";
import { withIdOf, withoutMembers } from "../written-document.ts";

const LIST = "groups";
const URL = `${BASE}/groups`;
const tags = ["policies"];
const CREATED = json(GroupView, "Created. Headers Location and ETag.");
const WRITTEN = json(
  GroupView,
  "Written. The policies that name it are compiled next. Header ETag.",
);
const GroupParams = z.object({ id: z.string() });

/** A group as clients send it. */
export const GroupInput = groupSchema
  .partial({ id: true })
  .extend(z.object(groupReadOnlyMembers).partial().shape)
  .meta({
    id: "AddressGroupDocument",
    description:
      "origin, revision, createdAt and updatedAt are set by vtap and ignored here, so the answer of a GET can be sent back. Any other unknown member is an error.",
  });

/** `/groups` and `/groups/{id}`. */
export function groups(app: Api, context: ApiContext<GroupService>): void {
  readGroups(app, context);
  writeGroups(app, context);
  deleteGroup(app, context);
}

function readGroups(app: Api, { portOf }: ApiContext<GroupService>): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "listGroups",
        summary: "List groups in the order of their ids",
        querystring: PageQuery,
        response: { 200: json(pageOf(GroupView), "A page of groups."), ...problems(400) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const page = portOf(request).listGroups({ limit, ...afterOf(LIST, cursor) });
      return pageAnswer(LIST, page, ({ id }) => id);
    },
  );
  app.get(
    `${URL}/:id`,
    {
      schema: {
        tags,
        operationId: "getGroup",
        summary: "Get a group",
        params: GroupParams,
        querystring: NoQuery,
        response: { 200: json(GroupView, "The group. Header ETag."), ...problems(400, 404) },
      },
    },
    (request, reply) => {
      const { id } = request.params;
      const group = portOf(request).getGroup(id);
      if (!group) throw new ProblemException(notFound(`there is no group "${id}"`));
      setEtag(reply, group.revision);
      return group;
    },
  );
}

function writeGroups(app: Api, { portOf }: ApiContext<GroupService>): void {
  app.post(
    URL,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "createGroup",
        summary: "Create a group",
        querystring: ChangeQuery,
        body: GroupInput,
        response: { 201: CREATED, ...bodyProblems, ...problems(409, 503) },
      },
    },
    async (request, reply) => {
      const outcome = await portOf(request).createGroup(
        withoutGroupReadOnly(objectBody(request, "group")),
        causeOf(request),
      );
      return answerWrite(reply, outcome);
    },
  );
  app.put(
    `${URL}/:id`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "putGroup",
        summary: "Create or replace the group with this id",
        description:
          "The policies that name the group are compiled with its new members. Rejected (409) when one of them cannot have these.",
        params: GroupParams,
        querystring: ChangeQuery,
        headers: putHeaders,
        body: GroupInput,
        response: { 200: WRITTEN, 201: CREATED, ...bodyProblems, ...problems(409, 412, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const document = withIdOf("group", withoutGroupReadOnly(objectBody(request, "group")), id);
      const outcome = await portOf(request).putGroup(
        document,
        preconditionOf(request),
        causeOf(request),
      );
      return answerWrite(reply, outcome, id);
    },
  );
}

function deleteGroup(app: Api, { portOf }: ApiContext<GroupService>): void {
  app.delete(
    `${URL}/:id`,
    {
      schema: {
        tags,
        operationId: "deleteGroup",
        summary: "Delete a group",
        description: "Rejected (409) while policies name it; the problem names them.",
        params: GroupParams,
        querystring: ChangeQuery,
        headers: writeHeaders,
        response: { 204: empty("Deleted."), ...problems(400, 404, 409, 412, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      const outcome = await portOf(request).deleteGroup(
        id,
        preconditionOf(request),
        causeOf(request),
      );
      if (outcome.type !== "deleted") reject(outcome, { noun: "group", id });
      reply.code(204);
    },
  );
}

/** The document without the members that vtap adds to it. */
export function withoutGroupReadOnly(document: JsonObject): JsonObject {
  return withoutMembers(document, groupReadOnlyMembers);
}

function answerWrite(
  reply: FastifyReply,
  outcome: { readonly type: "created" | "replaced"; readonly group: GroupView } | Rejection,
  id?: string,
): GroupView {
  if (!("group" in outcome)) {
    return reject(outcome, { noun: "group", ...(id === undefined ? {} : { id }) });
  }
  const { type, group } = outcome;
  reply.code(type === "created" ? 201 : 200);
  if (type === "created") reply.header("location", `${URL}/${encodeURIComponent(group.id)}`);
  setEtag(reply, group.revision);
  return group;
}
