// SPDX-License-Identifier: Apache-2.0
import { isOpen, ruleOf } from "../../access/operations.ts";

type Json = Readonly<Record<string, unknown>>;

const SCHEME = "token";

/** Adds to an OpenAPI document that operations need a bearer token, except the open ones. */
export function addTokenSecurity<
  T extends { readonly paths?: unknown; readonly components?: unknown },
>(document: T): T {
  const paths = Object.fromEntries(
    Object.entries(document.paths as Readonly<Record<string, Json>>).map(([path, operations]) => [
      path,
      withOpenOperations(path, operations),
    ]),
  );
  const scheme = { type: "http", scheme: "bearer", description: "A token of vtap token create." };
  const components = { ...(document.components ?? {}), securitySchemes: { [SCHEME]: scheme } };
  return { ...document, paths, components, security: [{ [SCHEME]: [] }] };
}

function withOpenOperations(path: string, operations: Json): Json {
  return Object.fromEntries(
    Object.entries(operations).map(([method, operation]) => {
      const rule = ruleOf(`${method.toUpperCase()} ${path}`);
      if (!rule || !isOpen(rule)) return [method, operation];
      return [method, { ...(operation as Json), security: [] }];
    }),
  );
}
