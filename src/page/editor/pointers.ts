// SPDX-License-Identifier: Apache-2.0
import type { ProblemError } from "../data/rest.ts";

/** The errors at a member of the document or below it. @see RFC 6901 */
export function errorsAt(errors: readonly ProblemError[], pointer: string): ProblemError[] {
  return errors.filter(
    (error) => error.pointer === pointer || error.pointer?.startsWith(`${pointer}/`),
  );
}
