// SPDX-License-Identifier: Apache-2.0
/** An error that the user can correct: shown as plain text, without a stack. */
export class UserError extends Error {
  override readonly name = "UserError";
}
