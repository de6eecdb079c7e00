// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { SwitchDetail, type SwitchService, SwitchView } from "../../contract/switches.ts";
import { causeOf } from "../access/cause-of.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { PageQuery, pageFrom, pageOf } from "../http/paging.ts";
import { ChangeQuery, NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound, reject } from "../http/rejections.ts";
import { empty, json, problems } from "../http/responses.ts";

const tags = ["network"];

/** `/switches` and `/switches/{dpid}`. */
export function switches(app: Api, { port, portOf }: ApiContext<SwitchService>): void {
  app.get(
    `${BASE}/switches`,
    {
      schema: {
        tags,
        operationId: "listSwitches",
        summary: "List switches with their ports, in the order of their datapath ids",
        querystring: PageQuery,
        response: { 200: json(pageOf(SwitchView), "A page of switches."), ...problems(400) },
      },
    },
    async (request) =>
      pageFrom("switches", await portOf(request).listSwitches(), ({ dpid }) => dpid, request.query),
  );
  app.get(
    `${BASE}/switches/:dpid`,
    {
      schema: {
        tags,
        operationId: "getSwitch",
        summary: "Get a switch with its ports and the rules and groups it holds for OpenVTAP",
        params: z.object({ dpid: z.string() }),
        querystring: NoQuery,
        response: { 200: json(SwitchDetail, "The switch."), ...problems(400, 404) },
      },
    },
    async (request) => {
      const { params } = request;
      const found = await portOf(request).getSwitch(params.dpid);
      if (!found) throw new ProblemException(notFound(`there is no switch "${params.dpid}"`));
      return found;
    },
  );
  app.delete(
    `${BASE}/switches/:dpid`,
    {
      schema: {
        tags,
        operationId: "forgetSwitch",
        summary: "Delete an accepted switch that is permanently gone",
        description:
          "Answers 409 while the switch is connected or hosts added over REST are attached to it, and for a switch that a topology file names.",
        params: z.object({ dpid: z.string() }),
        querystring: ChangeQuery,
        response: { 204: empty("Deleted."), ...problems(400, 404, 409, 503) },
      },
    },
    async (request, reply) => {
      const { params } = request;
      const outcome = await port.forgetSwitch(params.dpid, causeOf(request));
      if (outcome.type !== "deleted") reject(outcome, { noun: "switch", id: params.dpid });
      reply.code(204);
    },
  );
}
