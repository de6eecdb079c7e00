// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { PathView, type TopologyService, TopologyView } from "../../contract/topology.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { pathProblem } from "../http/rejections.ts";
import { json, problems } from "../http/responses.ts";

const tags = ["network"];
const place = z.string().min(1).meta({
  description: "A host (name, MAC or IP address) or a switch (name or datapath id).",
});

/** `/topology` and `/paths`. */
export function topology(app: Api, { port, portOf }: ApiContext<TopologyService>): void {
  app.get(
    `${BASE}/topology`,
    {
      schema: {
        tags,
        operationId: "getTopology",
        summary: "Get switches, links and hosts at once",
        querystring: NoQuery,
        response: { 200: json(TopologyView, "The current network."), ...problems(400) },
      },
    },
    // Fastify's type knows arrays only; the serializer writes lists that are made as they are read, too.
    (request) => portOf(request).topology() as Promise<unknown> as Promise<TopologyView>,
  );
  app.get(
    `${BASE}/paths`,
    {
      schema: {
        tags,
        operationId: "findPath",
        summary: "Find the path of frames between two places",
        querystring: z.strictObject({ from: place, to: place }),
        response: { 200: json(PathView, "The path."), ...problems(400, 404) },
      },
    },
    ({ query }) => {
      const outcome = port.findPath(query.from, query.to);
      if (outcome.type !== "path") throw new ProblemException(pathProblem(outcome));
      return outcome.path;
    },
  );
}
