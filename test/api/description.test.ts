// SPDX-License-Identifier: Apache-2.0
import { expect, test } from "vitest";
import { Authenticator } from "../../src/access/authenticator.ts";
import { defined } from "../../src/lang/defined.ts";
import { startApi } from "./api-server.ts";

interface Response {
  readonly description?: string;
  readonly content?: Record<string, unknown>;
  readonly $ref?: string;
}

interface Described {
  readonly components: { readonly responses: Record<string, Response> };
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly responses: Record<string, Response>;
  readonly requestBody?: { content: Record<string, unknown> };
  readonly parameters?: readonly { name: string; in: string }[];
}

test.each([
  ["without tokens", undefined],
  ["with tokens", new Authenticator({ tokens: [] })],
])("a server %s answers with the document of a build as with its own", async (_, authenticator) => {
  const own = await startApi(defined({ authenticator }));
  const { body: expected } = await own.call("GET //openapi.json");
  // A build knows nothing of tokens.
  const { body: document } = await (await startApi()).call("GET //openapi.json");
  const built = await startApi({ document, ...defined({ authenticator }) });
  expect((await built.call("GET //openapi.json")).body).toEqual(expected);
  const docs = await built.call("GET //docs");
  expect(docs.status).toBe((await own.call("GET //docs")).status);
});

async function describe() {
  const { call } = await startApi();
  const { body } = await call("GET //openapi.json");
  const operations = new Map<string, Operation>();
  for (const [path, methods] of Object.entries<Record<string, Operation>>(body.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      operations.set(`${method.toUpperCase()} ${path}`, operation);
    }
  }
  return { document: body, operations };
}

test("every route is described", async () => {
  const { document, operations } = await describe();
  expect(document.openapi).toBe("3.1.0");
  expect([...operations.keys()].sort()).toEqual(
    [
      "GET /api/v1/audit",
      "GET /api/v1/audit/head",
      "POST /api/v1/audit:verify",
      "GET /api/v1/policies",
      "POST /api/v1/policies",
      "GET /api/v1/policies/{id}",
      "PUT /api/v1/policies/{id}",
      "PATCH /api/v1/policies/{id}",
      "DELETE /api/v1/policies/{id}",
      "GET /api/v1/policies/{id}/counters",
      "POST /api/v1/policies/{id}:probe",
      "POST /api/v1/policies/{id}:preview",
      "GET /api/v1/policies/{id}/plan",
      "GET /api/v1/rates",
      "GET /api/v1/rates/history",
      "POST /api/v1/policies:validate",
      "POST /api/v1/policies:apply",
      "GET /api/v1/groups",
      "POST /api/v1/groups",
      "GET /api/v1/groups/{id}",
      "PUT /api/v1/groups/{id}",
      "DELETE /api/v1/groups/{id}",
      "POST /api/v1/explain",
      "POST /api/v1/policies/{id}:resume",
      "GET /api/v1/taps",
      "POST /api/v1/taps:suspend",
      "POST /api/v1/taps:resume",
      "GET /api/v1/switches",
      "GET /api/v1/switches/{dpid}",
      "DELETE /api/v1/switches/{dpid}",
      "POST /api/v1/switches/{dpid}:resync",
      "POST /api/v1/switches:resync",
      "GET /api/v1/rejected-connections",
      "GET /api/v1/links",
      "GET /api/v1/hosts",
      "GET /api/v1/hosts/{mac}/observers",
      "POST /api/v1/hosts",
      "POST /api/v1/hosts:apply",
      "DELETE /api/v1/hosts/{mac}",
      "GET /api/v1/projects",
      "GET /api/v1/projects/{project}",
      "GET /api/v1/topology",
      "GET /api/v1/paths",
      "GET /api/v1/events",
      "GET /api/v1/status",
      "GET /api/v1/settings",
      "GET /api/v1/session",
      "POST /api/v1/session",
      "DELETE /api/v1/session",
      "GET /api/v1/session/oidc/login",
      "GET /api/v1/session/oidc/callback",
      "GET /healthz",
      "GET /readyz",
      "GET /metrics",
    ].sort(),
  );
});

test("operations have unique names, descriptions, and errors that are problem documents", async () => {
  const { operations, document } = await describe();
  const names = [...operations.values()].map(({ operationId }) => operationId);
  expect(new Set(names).size).toBe(names.length);
  for (const [route, { summary, responses }] of operations) {
    expect(summary, route).toBeTruthy();
    for (const [status, response] of Object.entries(responses)) {
      const { description, content } = resolve(document, response);
      expect(description, `${route} ${status}`).not.toBe("Default Response");
      if (status >= "400") expect(Object.keys(content ?? {})).toEqual(["application/problem+json"]);
    }
  }
});

/** A response, or the component that it refers to. */
function resolve(document: Described, response: Response): Response {
  const [, name] = response.$ref?.split("#/components/responses/") ?? [];
  return name === undefined ? response : (document.components.responses[name] ?? response);
}

test("what guards all routes is described once, and referred to where it applies", async () => {
  const { operations } = await describe();
  for (const [route, { responses }] of operations) {
    const [, path = ""] = route.split(" ");
    const probed = ["/healthz", "/readyz", "/metrics"].includes(path);
    const isLogin = /^(GET|POST) \/api\/v1\/session/.test(route);
    const open = isLogin || ["/healthz", "/readyz"].includes(path);
    for (const [status, name] of [
      ["401", "Unauthorized"],
      ["403", "Forbidden"],
      ["429", "TooManyFailures"],
    ] as const) {
      expect([route, responses[status]?.$ref]).toEqual([
        route,
        open ? undefined : `#/components/responses/${name}`,
      ]);
    }
    expect([route, responses["503"] !== undefined]).toEqual([
      route,
      isLogin || !open || path === "/readyz",
    ]);
    expect([route, responses["421"]?.$ref]).toEqual([
      route,
      probed ? undefined : "#/components/responses/HostNotAllowed",
    ]);
  }
});

test("every reference leads somewhere and every component is used", async () => {
  const { document } = await describe();
  const references = JSON.stringify(document).matchAll(
    /"\$ref":"#\/components\/schemas\/([^"]+)"/g,
  );
  const referenced = new Set([...references].map(([, name]) => name));
  expect([...referenced].sort()).toEqual(Object.keys(document.components.schemas).sort());
});

test("the preconditions and bodies of a write are described", async () => {
  const { operations, document } = await describe();
  const put = operations.get("PUT /api/v1/policies/{id}");
  expect(put?.parameters?.map(({ name }) => name).sort()).toEqual([
    "id",
    "if-match",
    "if-none-match",
    "reason",
    "wait",
  ]);
  const patch = operations.get("PATCH /api/v1/policies/{id}");
  expect(Object.keys(patch?.requestBody?.content ?? {})).toContain("application/merge-patch+json");
  const { required } = document.components.schemas.PolicyDocument;
  expect(required).toEqual(["sender", "receiver", "monitors"]);
});

test("the description can be read and tried at /docs", async () => {
  const { call } = await startApi();
  const page = await call("GET //docs");
  expect([page.status, page.headers.get("content-type")]).toEqual([
    200,
    "text/html; charset=utf-8",
  ]);
  expect((await call("GET //docs/static/swagger-ui.css")).status).toBe(200);
});
