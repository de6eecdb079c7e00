// SPDX-License-Identifier: Apache-2.0
import type { FastifyInstance, HTTPMethods } from "fastify";
import { NO_OPERATION } from "../../access/operations.ts";
import { sendProblem } from "./problem.ts";

const METHODS: readonly HTTPMethods[] = [
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "OPTIONS",
];

/** Records the methods of every route that is registered from now on. */
export function noteRoutes(app: FastifyInstance): ReadonlyMap<string, Set<string>> {
  const methods = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const known = methods.get(url) ?? new Set();
    for (const each of [method].flat()) known.add(each);
    methods.set(url, known);
  });
  return methods;
}

/** Answers the other methods of every recorded route with 405 and the methods that are allowed. */
export function rejectOtherMethods(
  app: FastifyInstance,
  routes: ReadonlyMap<string, ReadonlySet<string>>,
): void {
  for (const [url, known] of [...routes]) {
    const others = METHODS.filter((method) => !known.has(method));
    if (others.length === 0 || url.includes("*")) continue;
    const allow = [...known].sort().join(", ");
    app.route({
      method: [...others],
      url,
      schema: { hide: true },
      config: { rule: NO_OPERATION },
      // Before the body is read: its content does not matter.
      onRequest: async (request, reply) =>
        sendProblem(request, reply, {
          status: 405,
          kind: "method-not-allowed",
          title: "Method not allowed",
          detail: `${request.method} is not allowed on ${request.url.split("?", 1)[0]}; allowed: ${allow}`,
          headers: { allow },
        }),
      handler: () => undefined,
    });
  }
}
