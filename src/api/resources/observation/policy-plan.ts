// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import {
  type PolicyPlanService,
  PolicyPlanView,
} from "../../../contract/observation/policy-plan.ts";
import { type Api, type ApiContext, BASE } from "../../context.ts";
import { NoQuery } from "../../http/parameters.ts";
import { ProblemException } from "../../http/problem.ts";
import { notFound } from "../../http/rejections.ts";
import { json, problems } from "../../http/responses.ts";

/** `/policies/{id}/plan`. */
export function policyPlan(app: Api, { portOf }: ApiContext<PolicyPlanService>): void {
  app.get(
    `${BASE}/policies/:id/plan`,
    {
      schema: {
        tags: ["policies"],
        operationId: "getPolicyPlan",
        summary: "Get where a policy copies frames, the ways of the copies, and its rules",
        description:
          "As the network is now: tap points, the links that originals and copies cross, and the rules on each switch, whether the switch holds them or not. `policies:validate` has the same ways of a policy that is not written yet.",
        params: z.object({ id: z.string() }),
        querystring: NoQuery,
        response: { 200: json(PolicyPlanView, "The plan."), ...problems(400, 404) },
      },
    },
    async (request) => {
      const { id } = request.params;
      const plan = await portOf(request).policyPlan(id);
      if (!plan) throw new ProblemException(notFound(`there is no policy "${id}"`));
      return plan;
    },
  );
}
