// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { type StatusService, StatusView } from "../../contract/status.ts";
import { type Api, type ApiContext, BASE } from "../context.ts";
import { NoQuery } from "../http/parameters.ts";
import { ProblemException } from "../http/problem.ts";
import { json, problems } from "../http/responses.ts";

const tags = ["process"];

/** `/status`, `/healthz` and `/readyz`. */
export function status(app: Api, { port, portOf }: ApiContext<StatusService>): void {
  app.get(
    `${BASE}/status`,
    {
      schema: {
        tags,
        operationId: "getStatus",
        summary: "Get the controller's status at a glance",
        querystring: NoQuery,
        response: { 200: json(StatusView, "The status."), ...problems(400) },
      },
    },
    (request) => portOf(request).status(),
  );
  app.get(
    "/healthz",
    {
      schema: {
        tags,
        operationId: "isAlive",
        summary: "Check whether the process answers",
        response: { 200: json(z.object({ status: z.literal("ok") }), "It answers.") },
      },
    },
    () => ({ status: "ok" as const }),
  );
  app.get(
    "/readyz",
    {
      schema: {
        tags,
        operationId: "isReady",
        summary: "Check whether all stored data is loaded and the listeners are open",
        response: {
          200: json(z.object({ status: z.literal("ready") }), "It is ready."),
          ...problems(503),
        },
      },
    },
    () => {
      const { ready, reasons } = port.readiness();
      if (ready) return { status: "ready" as const };
      throw new ProblemException({
        status: 503,
        kind: "not-ready",
        title: "Not ready",
        detail: reasons.join("; ") || "the controller is starting",
      });
    },
  );
}
