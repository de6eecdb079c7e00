// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { type PolicyHealthService, ProbeReport } from "../../contract/policies.ts";
import { type Api, type ApiContext, abortedWith, BASE } from "../context.ts";
import { NoQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { json, problems } from "../http/responses.ts";

/** `/policies/{id}:probe`. */
export function policyProbes(app: Api, context: ApiContext<PolicyHealthService>): void {
  const { portOf, closing, places } = context;
  app.post(
    // Without the pattern, the parameter would include the colon and what follows.
    `${BASE}/policies/:id(^[^:/]+)::probe`,
    {
      schema: {
        tags: ["policies"],
        operationId: "probePolicy",
        summary: "Probe the ways of a policy's copies now",
        description:
          "Sends a marked frame along every way of the copies across links; the monitor's switch returns it to vtap, and the monitor does not receive it. Answers when the results are known, after some seconds if probes are lost.",
        params: z.object({ id: z.string() }),
        querystring: NoQuery,
        response: { 200: json(ProbeReport, "The results."), ...problems(400, 404, 503) },
      },
    },
    async (request, reply) => {
      const { id } = request.params;
      places.waiting.take(reply);
      const outcome = await portOf(request).probePolicy(id, abortedWith(reply, closing));
      if (outcome.type !== "probed") return reject(outcome, { noun: "policy", id });
      return outcome.report;
    },
  );
}
