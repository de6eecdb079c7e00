// SPDX-License-Identifier: Apache-2.0
import type { DocumentProblem } from "../../contract/rejection.ts";
import type { JsonObject } from "../../contract/scalars.ts";
import { groupsNamedIn, isOfProject } from "../../policy/index.ts";

/** Why a project may not write such a policy, besides its id. */
export function documentRefusals(
  document: JsonObject,
  project: string,
): readonly DocumentProblem[] {
  const problems: DocumentProblem[] = [];
  if (document.project !== undefined && document.project !== project) {
    problems.push({
      pointer: "/project",
      detail: `this token writes policies of project ${project} only`,
      remedy: "leave it out",
    });
  }
  for (const id of groupsNamedIn(document)) {
    if (isOfProject(id, project)) continue;
    problems.push({
      pointer: "",
      detail: `project ${project} has no group "${id}"`,
      remedy: `name a group of the project: their ids begin with "${project}."`,
    });
  }
  return problems;
}
