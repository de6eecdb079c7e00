// SPDX-License-Identifier: Apache-2.0
import { type DryRunService, PolicyDryRun } from "../../contract/dry-run.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";
import { PolicyInput, withoutReadOnly } from "../policy-input.ts";

/** `/policies:validate`. */
export function policyDryRun(app: Api, { port }: ApiContext<DryRunService>): void {
  app.post(
    // A literal colon is written twice: a single one begins a parameter.
    `${BASE}/policies::validate`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["policies"],
        operationId: "validatePolicy",
        summary: "Dry run: what a policy would install on which switch, without writing it",
        description:
          "A document that a write would reject is rejected here in the same way. If the id exists, the document is treated as a replacement.",
        querystring: NoQuery,
        body: PolicyInput,
        response: {
          200: json(PolicyDryRun, "The outcome."),
          ...bodyProblems,
          ...problems(409),
        },
      },
    },
    async (request) => {
      const outcome = await port.dryRunPolicy(withoutReadOnly(objectBody(request, "policy")));
      return outcome.type === "compiled" ? outcome.dryRun : reject(outcome, { noun: "policy" });
    },
  );
}
