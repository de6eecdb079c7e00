import type { JsonPath, JsonProblem } from "../../topology/index.ts";
import type { PolicyDocument } from "./document.ts";

/**
 * What the format has and this version cannot do yet: refused by name, never ignored. Remove a row
 * when the compiler has learned it.
 */
export function findUnsupported(document: PolicyDocument): JsonProblem[] {
  const problems: JsonProblem[] = [];
  const refuse = (path: JsonPath, remedy: string) => {
    const what = `${path.join(".")} is not supported yet`;
    problems.push({ path, at: "key", what, remedy });
  };
  const { copy } = document;
  if (copy?.rewriteIp === true) refuse(["copy", "rewriteIp"], "remove it");
  return problems;
}
