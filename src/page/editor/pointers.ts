// SPDX-License-Identifier: Apache-2.0
import type { ProblemError } from "../data/rest.ts";

/** The errors at a member of the document or below it. @see RFC 6901 */
export function errorsAt(errors: readonly ProblemError[], pointer: string): ProblemError[] {
  return errors.filter(
    (error) => error.pointer === pointer || error.pointer?.startsWith(`${pointer}/`),
  );
}

/** The errors that are at none of these members: of the whole document, or of one without a field. */
export function errorsElsewhere(
  errors: readonly ProblemError[],
  pointers: readonly string[],
): ProblemError[] {
  const shown = new Set(pointers.flatMap((pointer) => errorsAt(errors, pointer)));
  return errors.filter((error) => !shown.has(error));
}
