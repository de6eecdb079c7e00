import { z } from "zod";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { PageQuery, pageFrom, pageOf } from "../http/paging.ts";
import { NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound } from "../http/refusals.ts";
import { json, problems } from "../http/responses.ts";
import { SwitchDetail, SwitchView } from "../views/network.ts";

const tags = ["network"];

/** `/switches` and `/switches/{dpid}`. */
export function switches(app: Api, { port }: ApiContext): void {
  app.get(
    `${BASE}/switches`,
    {
      schema: {
        tags,
        operationId: "listSwitches",
        summary: "Switches with their ports, in the order of their datapath ids",
        querystring: PageQuery,
        response: { 200: json(pageOf(SwitchView), "A page of switches."), ...problems(400) },
      },
    },
    ({ query }) => pageFrom("switches", port.listSwitches(), ({ dpid }) => dpid, query),
  );
  app.get(
    `${BASE}/switches/:dpid`,
    {
      schema: {
        tags,
        operationId: "getSwitch",
        summary: "One switch with its ports and the rules and groups it holds for OpenVTAP",
        params: z.object({ dpid: z.string() }),
        querystring: NoQuery,
        response: { 200: json(SwitchDetail, "The switch."), ...problems(400, 404) },
      },
    },
    ({ params }) => {
      const found = port.getSwitch(params.dpid);
      if (!found) throw new ProblemException(notFound(`there is no switch "${params.dpid}"`));
      return found;
    },
  );
}
