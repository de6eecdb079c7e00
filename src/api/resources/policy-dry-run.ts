import { PolicyDryRun } from "../../contract/status.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery } from "../http/parameters.ts";
import { refuse } from "../http/rejections.ts";
import { bodyProblems, json, problems } from "../http/responses.ts";
import { PolicyInput, withoutReadOnly } from "../policy-input.ts";

/** `/policies:validate`. */
export function policyPreview(app: Api, { port }: ApiContext): void {
  app.post(
    // A colon of its own is written twice: a single one begins a parameter.
    `${BASE}/policies::validate`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["policies"],
        operationId: "validatePolicy",
        summary: "What a policy would install where, without doing it",
        description:
          "A document that a write would refuse is refused here in the same way. A policy whose id exists is looked at as its replacement.",
        querystring: NoQuery,
        body: PolicyInput,
        response: {
          200: json(PolicyDryRun, "What it would do."),
          ...bodyProblems,
          ...problems(409),
        },
      },
    },
    async (request) => {
      const outcome = await port.dryRunPolicy(withoutReadOnly(objectBody(request, "policy")));
      return outcome.type === "preview" ? outcome.preview : refuse(outcome, { noun: "policy" });
    },
  );
}
