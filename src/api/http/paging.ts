// SPDX-License-Identifier: Apache-2.0
import { z } from "zod";
import { wholeNumber } from "./parameters.ts";
import { ProblemException } from "./problem.ts";

const DEFAULT_LIMIT = 100;
export const MAX_LIMIT = 1000;

/** Where a page begins. */
export const cursorParameter = z.string().exactOptional().meta({
  description:
    "The `nextCursor` of the previous page. Opaque; stays valid after insertions and deletions.",
});

/** How long a page is at most. */
export function limitParameter(most: number) {
  return wholeNumber(1, most).default(DEFAULT_LIMIT);
}

/** The query of a list. */
export const pageParameters = {
  limit: limitParameter(MAX_LIMIT).meta({ description: "At most this many items." }),
  cursor: cursorParameter,
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

/** The key after which a page begins, as its query says. */
export function afterOf(list: string, cursor: string | undefined): { readonly after?: string } {
  return cursor === undefined ? {} : { after: keyOfCursor(list, cursor) };
}

/** The answer with a page, given its items and whether there are further ones. */
export function pageAnswer<T>(
  list: string,
  { items, more }: { readonly items: readonly T[]; readonly more: boolean },
  keyOf: (item: T) => string,
): { readonly items: readonly T[]; readonly nextCursor: string | null } {
  const last = items.at(-1);
  return { items, nextCursor: more && last ? cursorAfter(list, keyOf(last)) : null };
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
function keyOfCursor(list: string, cursor: string): string {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, "base64url").toString());
    if (Array.isArray(parsed) && parsed[0] === list && typeof parsed[1] === "string")
      return parsed[1];
  } catch {
    // Falls through: not a cursor of this API.
  }
  throw badCursor();
}

/** The problem of a cursor that is not of its list. */
export function badCursor(): ProblemException {
  const detail = "this is not a cursor of this list";
  const remedy = "send nextCursor unchanged, or omit it to start again";
  return new ProblemException({
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
): ReturnType<typeof pageAnswer<T>> {
  const { after } = afterOf(list, query.cursor);
  const keyed = all.map((item) => ({ item, key: keyOf(item) }));
  const rest = after === undefined ? keyed : keyed.filter(({ key }) => key > after);
  rest.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const items = rest.slice(0, query.limit).map(({ item }) => item);
  return pageAnswer(list, { items, more: rest.length > items.length }, keyOf);
}
