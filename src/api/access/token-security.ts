// SPDX-License-Identifier: Apache-2.0
import { isOpen, ruleOf } from "../../access/operations.ts";
import { type DescribedDocument, mapOperations } from "../described-operations.ts";

const SCHEME = "token";

/** Adds to an OpenAPI document that operations need a bearer token, except the open ones. */
export function addTokenSecurity<T extends DescribedDocument>(document: T): T {
  const paths = mapOperations(document, (operation, method, path) => {
    const rule = ruleOf(`${method.toUpperCase()} ${path}`);
    return rule && isOpen(rule) ? { ...operation, security: [] } : operation;
  });
  const scheme = {
    type: "http",
    scheme: "bearer",
    description: "A token of vtap token create, or a JWT of the OpenID Connect issuer.",
  };
  const components = { ...(document.components ?? {}), securitySchemes: { [SCHEME]: scheme } };
  return { ...document, paths, components, security: [{ [SCHEME]: [] }] };
}
