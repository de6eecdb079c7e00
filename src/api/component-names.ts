// SPDX-License-Identifier: Apache-2.0
import { isDeepStrictEqual } from "node:util";

const PREFIX = "#/components/schemas/";

/** A part of an OpenAPI document that may hold references. */
type Json = Readonly<Record<string, unknown>>;

/**
 * Removes component schemas that nothing refers to, and gives the others their plain names.
 *
 * The generator emits every schema twice, `X` for answers and `XInput` for requests, whether both are
 * used or not.
 */
export function tidyComponents<
  T extends { readonly paths?: unknown; readonly components?: unknown },
>(document: T): T {
  const { schemas = {}, ...components } = (document.components ?? {}) as { schemas?: Json };
  const used = reachable(document.paths, schemas);
  const names = new Map([...used].sort().map((name) => [name, plainName(name, used, schemas)]));
  // Sorted by name, `X` precedes `XInput`, which replaces it only if they are equal.
  const kept = Object.fromEntries([...names].map(([name, plain]) => [plain, schemas[name]]));
  return rename({ ...document, components: { ...components, schemas: kept } }, names) as T;
}

function plainName(name: string, used: ReadonlySet<string>, schemas: Json): string {
  const plain = name.replace(/Input$/, "");
  const taken = used.has(plain) && !isDeepStrictEqual(schemas[plain], schemas[name]);
  return taken ? name : plain;
}

function reachable(start: unknown, schemas: Json): Set<string> {
  const found = new Set<string>();
  const pending = [start];
  while (pending.length > 0) {
    for (const name of referencesIn(pending.pop())) {
      if (found.has(name)) continue;
      found.add(name);
      pending.push(schemas[name]);
    }
  }
  return found;
}

function referencesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) =>
    key === "$ref" && typeof child === "string"
      ? [child.slice(PREFIX.length)]
      : referencesIn(child),
  );
}

function rename(value: unknown, names: ReadonlyMap<string, string>): unknown {
  if (Array.isArray(value)) return value.map((item) => rename(item, names));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => {
      if (key !== "$ref" || typeof child !== "string") return [key, rename(child, names)];
      const name = child.slice(PREFIX.length);
      return [key, `${PREFIX}${names.get(name) ?? name}`];
    }),
  );
}
