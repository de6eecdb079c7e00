// SPDX-License-Identifier: Apache-2.0
import { isOpen, ruleOf } from "../../access/operations.ts";
import { type DescribedDocument, mapOperations } from "../described-operations.ts";

const SCHEMES = {
  token: {
    type: "http",
    scheme: "bearer",
    description: "A token of vtap token create, or a JWT of the OpenID Connect issuer.",
  },
  keystoneToken: {
    type: "apiKey",
    in: "header",
    name: "X-Auth-Token",
    description: "A token of Keystone.",
  },
  session: {
    type: "apiKey",
    in: "cookie",
    name: "vtap",
    description:
      "The session of a browser (`__Host-vtap` with TLS). All requests but GET and HEAD also need the header X-CSRF-Token.",
  },
} as const;

/** One of them is enough. */
const ANY_SCHEME = Object.keys(SCHEMES).map((name) => ({ [name]: [] }));

/** Adds to an OpenAPI document that operations need a token, except the open ones. */
export function addTokenSecurity<T extends DescribedDocument>(document: T): T {
  const paths = mapOperations(document, (operation, method, path) => {
    const rule = ruleOf(`${method.toUpperCase()} ${path}`);
    return rule && isOpen(rule) ? { ...operation, security: [] } : operation;
  });
  const components = { ...(document.components ?? {}), securitySchemes: SCHEMES };
  return { ...document, paths, components, security: ANY_SCHEME };
}
