// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { CountersDetailView, type PolicyCountersService } from "../../contract/policy-counters.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { notFound } from "../http/rejections.ts";
import { json, problems } from "../http/responses.ts";

/** `/policies/{id}/counters`. */
export function policyCounters(app: Api, { portOf }: ApiContext<PolicyCountersService>): void {
  app.get(
    `${BASE}/policies/:id/counters`,
    {
      schema: {
        tags: ["policies"],
        operationId: "getPolicyCounters",
        summary: "Get how many copies a policy made and how many arrived, for each monitor",
        params: z.object({ id: z.string() }),
        querystring: NoQuery,
        response: {
          200: json(CountersDetailView, "The counters."),
          ...problems(400, 404),
        },
      },
    },
    (request) => {
      const { id } = request.params;
      const counters = portOf(request).getPolicyCounters(id);
      if (!counters) throw new ProblemException(notFound(`there is no policy "${id}"`));
      return counters;
    },
  );
}
