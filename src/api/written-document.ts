// SPDX-License-Identifier: Apache-2.0
import type { JsonObject } from "../contract/scalars.ts";
import { ProblemException } from "./http/problem.ts";
import { invalidDocument } from "./http/rejections.ts";

/** What is done with every document that a client writes. */

/** The document without some members: those that vtap adds to it when it is read. */
export function withoutMembers(document: JsonObject, members: object): JsonObject {
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
