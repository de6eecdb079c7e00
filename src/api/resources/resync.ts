// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { type ResyncService, ResyncView } from "../../contract/resync.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { ChangeQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound } from "../http/rejections.ts";
import { json, problems } from "../http/responses.ts";

const tags = ["network"];
const description =
  "Repairs entries of OpenVTAP that something else has changed, and retries entries that the switch refused. Answers when that is done, or after 10 seconds.";

/** `/switches/{dpid}:resync` and `/switches:resync`. */
export function resync(app: Api, { port }: ApiContext<ResyncService>): void {
  app.post(
    // Without the pattern, the parameter would include the colon and what follows.
    `${BASE}/switches/:dpid(^[^:/]+)::resync`,
    {
      schema: {
        tags,
        operationId: "resyncSwitch",
        summary: "Read a switch's tables again and repair them",
        description,
        params: z.object({ dpid: z.string() }),
        querystring: ChangeQuery,
        response: {
          200: json(ResyncView, "State of the switch before the repair."),
          ...problems(400, 404, 409),
        },
      },
    },
    async ({ params: { dpid } }) => {
      const view = await port.resyncSwitch(dpid);
      if (!view) throw new ProblemException(notFound(`there is no switch "${dpid}"`));
      if (view.state !== "notConnected") return view;
      throw new ProblemException({
        status: 409,
        kind: "not-connected",
        title: "Switch not connected",
        detail: `switch ${view.name} is not connected; it is read when it connects`,
      });
    },
  );
  app.post(
    // A literal colon is written twice: a single one begins a parameter.
    `${BASE}/switches::resync`,
    {
      schema: {
        tags,
        operationId: "resyncSwitches",
        summary: "Read the tables of all switches again and repair them",
        description,
        querystring: ChangeQuery,
        response: {
          200: json(
            z.object({ items: z.array(ResyncView).readonly() }),
            "State of the switches before the repair.",
          ),
          ...problems(400),
        },
      },
    },
    async () => ({ items: await port.resyncSwitches() }),
  );
}
