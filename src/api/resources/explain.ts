import { ExplainRequest, Explanation } from "../../contract/explain.ts";
import type { PolicyDocument } from "../../contract/policies.ts";
import { checkSchema, jsonPointer } from "../../topology/index.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { objectBody, requireWholeDocument } from "../http/json-body.ts";
import { NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { invalidDocument, refuse } from "../http/rejections.ts";
import { bodyProblems, json } from "../http/responses.ts";

/** `/explain`. */
export function explain(app: Api, { port }: ApiContext): void {
  app.post(
    `${BASE}/explain`,
    {
      preValidation: requireWholeDocument,
      schema: {
        tags: ["policies"],
        operationId: "explainFrame",
        summary: "What becomes of a frame: policies, rules, copies, or why there is none",
        description:
          "Runs the wanted tables on simulated switches and holds the outcome against what the policies mean. Nothing is sent and nothing is changed.",
        querystring: NoQuery,
        body: ExplainRequest,
        response: { 200: json(Explanation, "What becomes of it."), ...bodyProblems },
      },
    },
    async (request) => {
      const outcome = await port.explainFrame(question(objectBody(request, "question")));
      return outcome.type === "explained"
        ? outcome.explanation
        : refuse(outcome, { noun: "question" });
    },
  );
}

/** @throws ProblemException 422 with what is wrong with it. */
function question(document: PolicyDocument): ExplainRequest {
  const checked = checkSchema(ExplainRequest, document);
  if (checked.ok) return checked.value;
  const problems = checked.problems.map(({ path, what, remedy }) => ({
    pointer: jsonPointer(path),
    detail: what,
    remedy,
  }));
  throw new ProblemException(invalidDocument(problems, "question"));
}
