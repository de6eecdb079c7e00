// SPDX-License-Identifier: Apache-2.0
import { ExplainRequest, type ExplainService, Explanation } from "../../contract/explain.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { bodyProblems, json } from "../http/responses.ts";
import { checked } from "../written-document.ts";

/** `/explain`. */
export function explain(app: Api, { portOf }: ApiContext<ExplainService>): void {
  app.post(
    `${BASE}/explain`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["policies"],
        operationId: "explainFrame",
        summary:
          "Explain what happens to a frame: policies, rules and copies, or why there is no copy",
        description:
          "Runs the desired tables on simulated switches and compares the outcome with the policies. Nothing is sent and nothing is changed.",
        querystring: NoQuery,
        body: ExplainRequest,
        response: { 200: json(Explanation, "The explanation."), ...bodyProblems },
      },
    },
    async (request) => {
      const body = objectBody(request, "question");
      const outcome = await portOf(request).explainFrame(checked(ExplainRequest, body, "question"));
      return outcome.type === "explained"
        ? outcome.explanation
        : reject(outcome, { noun: "question" });
    },
  );
}
