// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { type HostService, HostView } from "../../contract/hosts.ts";
import type { JsonObject } from "../../contract/scalars.ts";
import { hostSchema } from "../../topology/index.ts";
import { causeOf } from "../access/cause-of.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { afterOf, PageQuery, pageAnswer, pageOf } from "../http/paging.ts";
import { ChangeQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { bodyProblems, empty, json, problems } from "../http/responses.ts";
import { withoutMembers } from "../written-document.ts";

const tags = ["network"];
const LIST = "hosts";
const URL = `${BASE}/hosts`;

/** Members that a host has when it is read, and that clients cannot set. */
const READ_ONLY = {
  dpid: z.string().optional(),
  origin: z.string().optional(),
  vlans: z.array(z.int()).optional(),
  lastSeen: z.string().optional(),
  conflicts: z.array(z.unknown()).optional(),
};

/** A host as clients send it. */
export const HostInput = hostSchema.extend(READ_ONLY).meta({
  id: "HostDocument",
  description: `${Object.keys(READ_ONLY).join(", ")} are ignored, so a host that was read can be sent back.`,
});

/** A host without the members that clients cannot set. */
export function withoutReadOnly(host: JsonObject): JsonObject {
  return withoutMembers(host, READ_ONLY);
}

/** `/hosts` and `/hosts/{mac}`. */
export function hosts(app: Api, context: ApiContext<HostService>): void {
  listHosts(app, context);
  writeHosts(app, context);
}

function listHosts(app: Api, { portOf }: ApiContext<HostService>): void {
  app.get(
    URL,
    {
      schema: {
        tags,
        operationId: "listHosts",
        summary: "List hosts in the order of their MAC addresses",
        querystring: PageQuery,
        response: { 200: json(pageOf(HostView), "A page of hosts."), ...problems(400) },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const page = portOf(request).listHosts({ limit, ...afterOf(LIST, cursor) });
      return pageAnswer(LIST, page, ({ mac }) => mac);
    },
  );
}

function writeHosts(app: Api, { port }: ApiContext<HostService>): void {
  app.post(
    URL,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags,
        operationId: "putHost",
        summary: "Add a host, or move one",
        description:
          "A host that a topology file names is read-only here. A learned host becomes an added one: its frames no longer move it.",
        querystring: ChangeQuery,
        body: HostInput,
        response: {
          200: json(HostView, "Moved."),
          201: json(HostView, "Added. Header Location."),
          ...bodyProblems,
          ...problems(409, 503),
        },
      },
    },
    async (request, reply) => {
      const document = withoutReadOnly(objectBody(request, "host"));
      const outcome = await port.putHost(document, causeOf(request));
      if (outcome.type !== "created" && outcome.type !== "replaced") {
        return reject(outcome, subject(document.mac));
      }
      const created = outcome.type === "created";
      if (created) reply.header("location", `${URL}/${encodeURIComponent(outcome.host.mac)}`);
      reply.code(created ? 201 : 200);
      return outcome.host;
    },
  );
  app.delete(
    `${URL}/:mac`,
    {
      schema: {
        tags,
        operationId: "deleteHost",
        summary: "Delete a host that was added over REST or learned",
        params: z.object({ mac: z.string() }),
        querystring: ChangeQuery,
        response: { 204: empty("Deleted."), ...problems(400, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const { params } = request;
      const outcome = await port.deleteHost(params.mac.toLowerCase(), causeOf(request));
      if (outcome.type !== "deleted") reject(outcome, subject(params.mac));
      reply.code(204);
    },
  );
}

function subject(mac: unknown): { noun: string; id?: string } {
  return typeof mac === "string" ? { noun: "host", id: mac } : { noun: "host" };
}
