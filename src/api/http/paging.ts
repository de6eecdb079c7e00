// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { wholeNumber } from "./parameters.ts";
import { ProblemException } from "./problem.ts";

const DEFAULT_LIMIT = 100;
const MAX_LIMIT = 1000;

/** The query of a list. */
export const pageParameters = {
  limit: wholeNumber(1, MAX_LIMIT)
    .default(DEFAULT_LIMIT)
    .meta({ description: "At most this many items." }),
  cursor: z.string().exactOptional().meta({
    description:
      "The `nextCursor` of the previous page. Opaque; stays valid after insertions and deletions.",
  }),
};

/** The query of a list without filters. */
export const PageQuery = z.strictObject(pageParameters);

/** A page of items. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item).readonly(),
    nextCursor: z.string().nullable().meta({ description: "Null on the last page." }),
  });
}

/** The cursor of the page that follows the item with this key. */
export function cursorAfter(list: string, key: string): string {
  return Buffer.from(JSON.stringify([list, key])).toString("base64url");
}

/**
 * The key in a cursor.
 *
 * @throws ProblemException 400 for a cursor that is not of this list.
 */
export function keyOfCursor(list: string, cursor: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(parsed) && parsed[0] === list && typeof parsed[1] === "string")
      return parsed[1];
  } catch {
    // Falls through: not a cursor of this API.
  }
  const detail = "this is not a cursor of this list";
  const remedy = "send nextCursor unchanged, or omit it to start again";
  throw new ProblemException({
    status: 400,
    kind: "invalid-parameter",
    title: "Invalid parameter",
    detail: `cursor: ${detail}, ${remedy}`,
    errors: [{ parameter: "cursor", detail, remedy }],
  });
}

/** A page of a list in memory, in the order of its keys. */
export function pageFrom<T>(
  list: string,
  all: readonly T[],
  keyOf: (item: T) => string,
  query: { readonly limit: number; readonly cursor?: string },
): { items: T[]; nextCursor: string | null } {
  const after = query.cursor === undefined ? undefined : keyOfCursor(list, query.cursor);
  const keyed = all.map((item) => ({ item, key: keyOf(item) }));
  const rest = after === undefined ? keyed : keyed.filter(({ key }) => key > after);
  rest.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const page = rest.slice(0, query.limit);
  const last = page.at(-1);
  const nextCursor = last && rest.length > page.length ? cursorAfter(list, last.key) : null;
  return { items: page.map(({ item }) => item), nextCursor };
}
