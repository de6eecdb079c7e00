// SPDX-License-Identifier: Apache-2.0
import swagger, { type StaticDocumentSpec } from "@fastify/swagger";
import swaggerUi from "@fastify/swagger-ui";
import type { FastifyInstance } from "fastify";
import { jsonSchemaTransform, jsonSchemaTransformObject } from "fastify-type-provider-zod";
import { addTokenSecurity } from "./access/token-security.ts";
import { addCommonProblems } from "./common-problems.ts";
import { tidyComponents } from "./component-names.ts";
import type { Api } from "./context.ts";
import { PAGE_CONTENT_POLICY } from "./http/security-headers.ts";

const DESCRIPTION = `Policies define which traffic is copied to which monitors. A write is acknowledged when it is on disk;
\`?wait=MS\` also waits for the switches. Errors are problem documents (RFC 9457).`;

/** An OpenAPI 3.1 document. */
export type OpenApiDocument = StaticDocumentSpec["document"];

interface DescribedServer {
  readonly version: string;
  /** Made by the build; absent: made from the routes. */
  readonly document?: OpenApiDocument | undefined;
  /** Whether clients need a token. */
  readonly isProtected: boolean;
}

/**
 * Describes the routes that are registered after this call. /docs shows the description interactively. To make it
 * takes some hundred milliseconds without a pause, so a server has it made by the build.
 */
export async function describeApi(app: FastifyInstance, server: DescribedServer): Promise<void> {
  const { document, isProtected } = server;
  if (document === undefined) await describeRoutes(app, server);
  else {
    const protectedDocument = isProtected ? addTokenSecurity(document) : document;
    await app.register(swagger, { mode: "static", specification: { document: protectedDocument } });
  }
  await app.register(swaggerUi, { routePrefix: "/docs", staticCSP: PAGE_CONTENT_POLICY });
}

async function describeRoutes(
  app: FastifyInstance,
  { version, isProtected }: DescribedServer,
): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: "3.1.0",
      info: {
        title: "OpenVTAP",
        version,
        description: DESCRIPTION,
        license: { name: "Apache-2.0", identifier: "Apache-2.0" },
      },
      tags: [
        { name: "policies", description: "Which traffic is copied to which monitors" },
        { name: "taps", description: "Suspending and resuming all copies" },
        { name: "network", description: "Switches, links and hosts" },
        { name: "projects", description: "What projects use of their quotas" },
        { name: "events", description: "Events as they happen" },
        { name: "session", description: "Who uses the server, and the sessions of browsers" },
        { name: "process", description: "The vtap process itself" },
      ],
    },
    transform: jsonSchemaTransform,
    transformObject: (document) => {
      const described = addCommonProblems(tidyComponents(jsonSchemaTransformObject(document)));
      return isProtected ? addTokenSecurity(described) : described;
    },
  });
}

/** `/openapi.json`. */
export function openApiDocument(app: Api): void {
  app.get("/openapi.json", { schema: { hide: true } }, () => app.swagger());
}
