// SPDX-License-Identifier: Apache-2.0
import type { FastifySchemaCompiler } from "fastify";
import { z } from "zod";
import { checkSchema, customIssue, type JsonProblem } from "../../topology/index.ts";
import { type Problem, ProblemException } from "./problem.ts";

/** A whole number in a query. */
export function wholeNumber(min: number, max: number) {
  return z
    .string()
    .superRefine((text, context) => {
      if (/^\d{1,15}$/.test(text) && Number(text) >= min && Number(text) <= max) return;
      const what = `"${text}" is not a whole number from ${min} to ${max}`;
      context.addIssue(customIssue(what, `write one from ${min} to ${max}`));
    })
    .transform(Number)
    .meta({ type: "integer", minimum: min, maximum: max });
}

/** Longest time that a write may wait for switches, in milliseconds. */
const MAX_WAIT_MS = 60_000;

const changeParameters = {
  reason: z.string().min(1).max(1000).exactOptional().meta({
    description: "Why; in the audit log. A policy has a reason of its own, too.",
  }),
};

/** The query of a change for which no client waits. */
export const ChangeQuery = z.strictObject(changeParameters);

/** The query of a write. */
export const WriteQuery = z.strictObject({
  ...changeParameters,
  wait: wholeNumber(0, MAX_WAIT_MS).default(0).meta({
    description:
      "Milliseconds to wait for the switches. The answer comes when the policy is active, disabled, in error or gone, or when the time is over. 0: do not wait.",
  }),
});

/** A query without parameters: any is an error. */
export const NoQuery = z.strictObject({});

/**
 * Checks path and query against their schemas. Bodies pass: the controller checks them and reports
 * mistakes in more detail; their schemas serve the description alone.
 */
export const validatorCompiler: FastifySchemaCompiler<z.ZodType> = ({ schema, httpPart }) => {
  // Not `{ value }`: that would turn a missing body into null, which is a body.
  if (httpPart === "body") return () => true;
  return (value: unknown) => {
    const checked = checkSchema(schema, { ...(value as object) });
    if (checked.ok) return { value: checked.value };
    return { error: new ProblemException(invalidParameters(checked.problems)) };
  };
};

function invalidParameters(problems: readonly JsonProblem[]): Problem {
  const errors = problems.map(({ path, what, remedy }) => ({
    parameter: String(path[0] ?? ""),
    detail: what.replace("unknown key", "unknown parameter"),
    remedy,
  }));
  const [first] = errors;
  return {
    status: 400,
    kind: "invalid-parameter",
    title: "Invalid parameter",
    detail: first
      ? `${first.parameter}: ${first.detail}, ${first.remedy}`
      : "a parameter is invalid",
    errors,
  };
}
