// SPDX-License-Identifier: Apache-2.0
import type { z } from "zod";
import type { JsonObject } from "../contract/scalars.ts";
import { checkSchema, jsonPointer } from "../topology/index.ts";
import { ProblemException } from "./http/problem.ts";
import { invalidDocument } from "./http/rejections.ts";

/** What is done with every document that a client writes. */

/** The document without some members: those that vtap adds to it when it is read. */
export function withoutMembers(document: JsonObject, members: object): JsonObject {
  // The usual case: a copy of thousands of members takes milliseconds.
  if (Object.keys(members).every((key) => !Object.hasOwn(document, key))) return document;
  const isWritten = ([key]: [string, unknown]) => !Object.hasOwn(members, key);
  return Object.fromEntries(Object.entries(document).filter(isWritten));
}

/**
 * The document with the id of its URL.
 *
 * @throws ProblemException 422 if it has another one.
 */
export function withIdOf(noun: string, document: JsonObject, id: string): JsonObject {
  if (document.id !== undefined && document.id !== id) {
    const detail = `the ${noun}'s id is ${JSON.stringify(document.id)} but the URL says "${id}"`;
    const problem = { pointer: "/id", detail, remedy: "omit it, or write the same id" };
    throw new ProblemException(invalidDocument([problem], noun));
  }
  return { ...document, id };
}

/**
 * The document, checked by its schema.
 *
 * @throws ProblemException 422 with all mistakes of the document.
 */
export function checked<T>(schema: z.ZodType<T>, document: unknown, noun: string): T {
  const outcome = checkSchema(schema, document);
  if (outcome.ok) return outcome.value;
  const found = outcome.problems.map(({ path, what, remedy }) => {
    return { pointer: jsonPointer(path), detail: what, remedy };
  });
  throw new ProblemException(invalidDocument(found, noun));
}
