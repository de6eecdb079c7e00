// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { type ProjectService, ProjectView } from "../../contract/projects/project-view.ts";
import { projectText } from "../../topology/index.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { PageQuery, pageFrom, pageOf } from "../http/paging.ts";
import { NoQuery } from "../http/parameters.ts";
import { reject } from "../http/rejections.ts";
import { json, problems } from "../http/responses.ts";

const tags = ["projects"];

/** `/projects`. */
export function projects(app: Api, { portOf }: ApiContext<ProjectService>): void {
  app.get(
    `${BASE}/projects`,
    {
      schema: {
        tags,
        operationId: "listProjects",
        summary: "List projects with what they use of their quotas",
        description: "Those with policies, and those with quotas of their own.",
        querystring: PageQuery,
        response: { 200: json(pageOf(ProjectView), "A page of projects."), ...problems(400) },
      },
    },
    async (request) => {
      const found = await portOf(request).listProjects();
      return pageFrom("projects", found, ({ project }) => project, request.query);
    },
  );
  app.get(
    `${BASE}/projects/:project`,
    {
      schema: {
        tags,
        operationId: "getProject",
        summary: "Get what a project uses of its quotas",
        params: z.object({ project: z.string() }),
        querystring: NoQuery,
        response: { 200: json(ProjectView, "The project."), ...problems(400, 404) },
      },
    },
    async (request) => {
      const { project } = request.params;
      const isName = projectText.safeParse(project).success;
      const [found] = isName ? await portOf(request).listProjects(project) : [];
      return found ?? reject({ type: "notFound" }, { noun: "project", id: project });
    },
  );
}
