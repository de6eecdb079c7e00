// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance } from "fastify";
import { type OperationRule, ruleOf } from "../../access/operations.ts";

declare module "fastify" {
  interface FastifyContextConfig {
    /** Who may use the route; see `requireRules`. */
    rule?: OperationRule;
    /** The row of the table, such as `GET /api/v1/policies/{id}`. */
    operation?: string;
  }
}

/** The pages of the description: one operation. */
const PAGES = "/docs";

/**
 * Gives every route that is registered from now on its rule in the table of operations.
 *
 * @throws an error when a route has none: such a server does not start.
 */
export function requireRules(app: FastifyInstance): void {
  app.addHook("onRoute", (route) => {
    if (route.config?.rule) return;
    const path = operationPath(route.url);
    const methods = new Set([route.method].flat().map(operationMethod));
    const [operation = "", ...others] = [...methods].map((method) => `${method} ${path}`);
    const rule = ruleOf(operation);
    if (!rule || others.length > 0) {
      throw new Error(`${[...methods].join(", ")} ${path} is no row of OPERATIONS`);
    }
    route.config = { ...route.config, rule, operation };
  });
}

/** HEAD is a GET without a body. */
function operationMethod(method: string): string {
  return method === "HEAD" ? "GET" : method;
}

/** `/policies/:id(^[^:/]+)::resume` as `/policies/{id}:resume`: "::" stands for a colon. */
function operationPath(url: string): string {
  if (url === PAGES || url.startsWith(`${PAGES}/`)) return PAGES;
  return url
    .split("::")
    .map((part) => part.replace(/:(\w+)(\(.*?\))?/g, "{$1}"))
    .join(":");
}
